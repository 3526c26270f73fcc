/**
 * Settings that cannot be used, as far as the configuration itself and the interfaces of this machine tell.
 *
 * @module
 */

import { errorText } from "../../base/errors.ts";
import { formatDuration } from "../../go/duration.ts";
import { parseByteSize } from "./byte_size.ts";
import { LOG_LEVELS, type LogLevel, parseLogLevel } from "../../base/log.ts";
import { type AgentConfig, configOptions } from "./config.ts";
import { badSetting } from "./startup_error.ts";

/** A setting, and why it cannot be used. */
export interface SettingMistake {
  readonly setting: keyof AgentConfig;
  readonly problem: string;
}

/** Finds them one after another; the first is what an agent tells that does not start. */
export function* settingMistakes(config: AgentConfig): Generator<SettingMistake> {
  yield* interfaceMistakes(config);
  for (
    const setting of ["reconnectTimeoutMs", "tombstoneTimeoutMs", "handlerWaitDelayMs"] as const
  ) {
    if (config[setting] >= 0) continue;
    yield negative(setting, formatDuration(config[setting]));
  }
  yield* logMistakes(config);
  yield* recordingMistakes(config);
}

function* interfaceMistakes(config: AgentConfig): Generator<SettingMistake> {
  const missing = "route ip+net: no such network interface";
  if (config.interface !== "" && !hasInterface(config.interface)) {
    yield { setting: "interface", problem: `Invalid network interface: ${missing}` };
  }
  const setting = "mdnsInterface";
  if (config.mdnsInterface === "") return;
  if (config.discover === "") {
    yield { setting, problem: "mDNS interface specified without enabling mDNS discovery" };
  }
  if (!hasInterface(config.mdnsInterface)) {
    yield { setting, problem: `Invalid mDNS network interface: ${missing}` };
  }
  if (config.mdnsDisableIpv4 && config.mdnsDisableIpv6) {
    yield { setting, problem: "Invalid mDNS configuration: both IPv4 and IPv6 are disabled" };
  }
}

/** The forms of the log. */
export const LOG_FORMATS = ["text", "json", "logfmt"];

function* logMistakes(config: AgentConfig): Generator<SettingMistake> {
  if (!LOG_FORMATS.includes(config.logFormat)) {
    const valid = LOG_FORMATS.join(" ");
    const problem = `Invalid log format: ${config.logFormat}. Valid log formats are: [${valid}]`;
    yield { setting: "logFormat", problem };
  }
  for (const setting of ["logRotateBytes", "logRotateMaxFiles"] as const) {
    if (config[setting] < 0) yield negative(setting, String(config[setting]));
  }
}

function* recordingMistakes(
  { recordBytes, recordPayloads }: AgentConfig,
): Generator<SettingMistake> {
  try {
    parseByteSize(recordBytes);
  } catch (error) {
    yield { setting: "recordBytes", problem: `Invalid record_bytes: ${errorText(error)}` };
  }
  if (recordPayloads === "true" || recordPayloads === "false") return;
  const got = JSON.stringify(recordPayloads);
  const problem = `Invalid record_payloads: got ${got}, expected "true" or "false"`;
  yield { setting: "recordPayloads", problem };
}

function negative(
  setting:
    | "reconnectTimeoutMs"
    | "tombstoneTimeoutMs"
    | "handlerWaitDelayMs"
    | "logRotateBytes"
    | "logRotateMaxFiles",
  got: string,
): SettingMistake {
  const { key } = configOptions[setting];
  return { setting, problem: `Invalid ${key}: got ${got}, expected 0 or more` };
}

function hasInterface(name: string): boolean {
  return Deno.networkInterfaces().some((known) => known.name === name);
}

/** The level of a text. Throws a `StartupError`. */
export function requireLogLevel(text: string): LogLevel {
  const level = parseLogLevel(text);
  if (level === undefined) throw badSetting("logLevel", invalidLogLevel(text));
  return level;
}

/** Why a text is no level. */
export function invalidLogLevel(text: string): string {
  const valid = LOG_LEVELS.join(" ");
  return `Invalid log level: ${text.toUpperCase()}. Valid log levels are: [${valid}]`;
}
