/**
 * Reading the configuration, at the start and at each reload: configuration files, then the flags, then the checks that
 * need nothing but the configuration itself.
 *
 * @module
 */

import { formatDuration } from "../../go/duration.ts";
import { errorText } from "../../base/errors.ts";
import { JsonSyntaxError } from "../../go/decode_json.ts";
import { osErrorText } from "../../go/os_error.ts";
import { missingPermissions } from "../../base/permissions.ts";
import { folderOf } from "../../base/write_file.ts";
import { unixSocketPath } from "../../rpc/endpoint.ts";
import { type AgentConfig, type ConfigLayer, defaultConfig, mergeConfig } from "./config.ts";
import { decodeConfig, DecodeError } from "./decode_config.ts";
import { settingMistakes } from "./setting_mistakes.ts";
import { badSetting, type ConfigMistake, StartupError } from "./startup_error.ts";
import { type HandlerSpec, parseHandlerSpec } from "../handlers/handler_spec.ts";
import { SHELL } from "../handlers/shell.ts";
import { parseJoinProvider } from "../join_providers/join_provider.ts";

/** Where the settings come from. */
export interface ConfigSources {
  /** The settings on the command line, which override those of files. */
  readonly layer: ConfigLayer;
  /** Configuration files and directories in the order of the command line. */
  readonly configPaths: readonly string[];
}

/** A checked configuration. */
export interface LoadedConfig {
  readonly config: AgentConfig;
  readonly handlers: readonly HandlerSpec[];
  /** Warnings about settings that are used, perhaps with another value. */
  readonly notices: readonly string[];
}

/** The shortest retry interval and broadcast timeout, as in Serf. */
const MIN_INTERVAL_MS = 1_000;
/** The shortest reconnect interval: with a much shorter one, an agent does little else. */
const MIN_RECONNECT_MS = 100;

/** Loads the configuration from its sources. Throws a {@link StartupError} that says what is wrong with it. */
export function loadConfig({ layer, configPaths }: ConfigSources): LoadedConfig {
  requirePermissions(configPaths.map((path) => ({ name: "read", path })));
  const config = mergeConfig(readConfigPaths(configPaths, defaultConfig), layer);
  requirePermissionsFor(config);
  const handlers = config.eventHandlers.flatMap(parseHandlerSpec);
  const [mistake] = settingMistakes(config);
  if (mistake !== undefined) throw badSetting(mistake.setting, mistake.problem);
  return { ...completed(config), handlers };
}

/**
 * Merges files into `base`, each over the one before. Of a directory, the files directly inside it whose names end in
 * `.json` are read, in byte order. Throws a {@link StartupError} that names the file.
 */
export function readConfigPaths(paths: readonly string[], base: AgentConfig): AgentConfig {
  return paths.flatMap(filesAt).map(readConfigFile).reduce(mergeConfig, base);
}

/** The files to read at a path. Throws a {@link StartupError} that names it. */
export function filesAt(path: string): string[] {
  return reading(path, () => {
    if (!Deno.statSync(path).isDirectory) return [path];
    const names = [...Deno.readDirSync(path)]
      .filter(({ name, isDirectory }) => name.endsWith(".json") && !isDirectory)
      .map(({ name }) => name);
    return names.sort().map((name) => `${path.replace(/\/+$/, "")}/${name}`);
  });
}

/** Reads one file. Throws a {@link StartupError} that names it. */
export function readConfigFile(path: string): ConfigLayer {
  const bytes = reading(path, () => Deno.readFileSync(path));
  try {
    return decodeConfig(bytes);
  } catch (error) {
    throw new StartupError(`Error decoding '${path}': ${errorText(error)}`, {
      mistakes: mistakesOf(error),
      file: { path, bytes },
    });
  }
}

function mistakesOf(error: unknown): readonly ConfigMistake[] {
  if (error instanceof DecodeError) return error.mistakes;
  if (!(error instanceof JsonSyntaxError)) return [];
  return [{ offset: error.offset, problem: error.message }];
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new StartupError(`Error reading '${path}': open ${path}: ${osErrorText(error)}`);
  }
}

/** Throws a {@link StartupError} that names the permissions which an agent with this configuration misses. */
export function requirePermissionsFor(config: AgentConfig): void {
  requirePermissions(neededPermissions(config));
}

function requirePermissions(needed: readonly Deno.PermissionDescriptor[]): void {
  const text = missingPermissions(needed);
  if (text !== undefined) throw new StartupError(text);
}

const runShell = { name: "run", command: SHELL } as const;

/**
 * All of the network, because the members of the cluster are not known beforehand; the rest depends on the settings. A
 * socket for RPC is made in its folder, and a log file is put aside there.
 */
function neededPermissions(config: AgentConfig): Deno.PermissionDescriptor[] {
  const { tagsFile, keyringFile, snapshotPath, rpcAddr } = config;
  const { rpcAuthFile, rpcTlsCert, rpcTlsKey, rpcTlsCa } = config;
  // A snapshot is compacted by way of a second file.
  const snapshot = snapshotPath === "" ? [] : [snapshotPath, `${snapshotPath}.compact`];
  const socket = unixSocketPath(rpcAddr);
  const socketFolder = socket === undefined ? "" : folderOf(socket);
  const logFolder = config.logFile === "" ? "" : folderOf(config.logFile);
  const files = nonEmpty(
    ...[tagsFile, keyringFile, socketFolder, logFolder, config.record],
    ...snapshot,
  );
  const { httpTokenFile, httpTlsCertFile, httpTlsKeyFile } = config;
  const inputs = nonEmpty(
    ...[rpcAuthFile, rpcTlsCert, rpcTlsKey, rpcTlsCa],
    ...[httpTokenFile, httpTlsCertFile, httpTlsKeyFile],
  );
  const needed: Deno.PermissionDescriptor[] = [
    { name: "net" },
    { name: "sys", kind: "networkInterfaces" },
    ...[...files, ...inputs].map((path) => ({ name: "read", path } as const)),
    ...files.map((path) => ({ name: "write", path } as const)),
  ];
  const { nodeName, discover, statsdAddr, statsiteAddr } = config;
  if (nodeName === "" || [discover, statsdAddr, statsiteAddr].some((name) => name !== "")) {
    needed.push({ name: "sys", kind: "hostname" });
  }
  const providers = [...config.startJoin, ...config.retryJoin].map(parseJoinProvider);
  for (const provider of providers) {
    if (provider?.kind === "file") needed.push({ name: "read", path: provider.input });
  }
  if (providers.some((provider) => provider?.kind === "exec")) needed.push(runShell);
  if (config.eventHandlers.length > 0) needed.push(runShell, { name: "env" });
  return needed;
}

function nonEmpty(...paths: readonly string[]): string[] {
  return paths.filter((path) => path !== "");
}

/** Fills in settings that follow from others, and raises those that are too low. */
export function completed(config: AgentConfig): { config: AgentConfig; notices: string[] } {
  const notices: string[] = [];
  const atLeast = (name: string, ms: number, least = MIN_INTERVAL_MS) => {
    if (ms >= least) return ms;
    notices.push(`Warning: '${name}' is too low. Setting to ${formatDuration(least)}`);
    return least;
  };
  const { role } = config;
  if (role !== "") notices.push("Deprecation warning: 'Role' has been replaced with 'Tags'");
  const complete = {
    ...config,
    nodeName: config.nodeName || Deno.hostname(),
    tags: role === "" ? config.tags : { ...config.tags, role },
    retryIntervalMs: atLeast("RetryInterval", config.retryIntervalMs),
    broadcastTimeoutMs: atLeast("BroadcastTimeout", config.broadcastTimeoutMs),
    reconnectIntervalMs: atLeast("ReconnectInterval", config.reconnectIntervalMs, MIN_RECONNECT_MS),
  };
  if (config.rejoinAfterLeave && config.snapshotPath === "") {
    notices.push("Warning: 'RejoinAfterLeave' enabled without snapshot file");
  }
  return { config: complete, notices };
}
