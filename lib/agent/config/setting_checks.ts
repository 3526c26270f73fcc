/**
 * Checks of settings that look at the machine or take a part of the agent: addresses, certificates, token and state
 * files. An agent makes them one after another while it starts, and ends at the first that fails.
 *
 * @module
 */

import { Address } from "../../base/address.ts";
import { errorText } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { folderOf } from "../../base/write_file.ts";
import { osErrorText } from "../../go/os_error.ts";
import { checkSerfOptions, nodeConfig } from "../../host/serf_options.ts";
import { parseEndpoint } from "../../rpc/endpoint.ts";
import { checkConfig, encodeMeta } from "../../serf/check_config.ts";
import { AgentLog } from "../log/agent_log.ts";
import { Syslog } from "../log/syslog.ts";
import { machineOptions, restoreKeyring, restoreTags } from "../start_agent.ts";
import { openSink } from "../telemetry/start_telemetry.ts";
import type { AgentConfig } from "./config.ts";
import { resolveNetworkSettings } from "./network_settings.ts";
import { readRpcSettings } from "./rpc_settings.ts";
import { requireLogLevel } from "./setting_mistakes.ts";

/** One check. It is made if one of its settings is not the default, and sees only these. */
export interface SettingCheck {
  readonly settings: readonly (keyof AgentConfig)[];
  /** Throws an error that says what is wrong. What it logs is a warning. */
  readonly run: (config: AgentConfig, log: Log) => unknown;
}

/** Sizes of keys of AES. */
const KEY_SIZES = [16, 24, 32];

/** A check of several settings follows those of each of them, and is not made if one of these has failed. */
export const settingChecks: readonly SettingCheck[] = [
  { settings: ["bind"], run: resolveNetworkSettings },
  { settings: ["bind", "interface"], run: resolveNetworkSettings },
  { settings: ["advertise"], run: resolveNetworkSettings },
  { settings: ["profile"], run: resolveNetworkSettings },
  { settings: ["encryptKey"], run: checkKey },
  { settings: ["logLevel"], run: ({ logLevel }) => requireLogLevel(logLevel) },
  ...(["allowCidr", "label", "protocol", "userEventSizeLimit", "maxMembers"] as const)
    .map((setting) => ({ settings: [setting], run: checkMachine })),
  { settings: ["nodeName", "validateNodeNames"], run: checkMachine },
  { settings: ["tags"], run: checkTags },
  { settings: ["tagsFile"], run: checkTags },
  { settings: ["tagsFile", "tags"], run: checkTags },
  { settings: ["keyringFile"], run: restoreKeyring },
  { settings: ["keyringFile", "encryptKey"], run: restoreKeyring },
  { settings: ["rpcAddr"], run: ({ rpcAddr }) => parseEndpoint(rpcAddr, "listen") },
  { settings: ["rpcAuthFile", "rpcAuth"], run: readRpcSettings },
  { settings: ["rpcTlsCert", "rpcTlsKey", "rpcTlsCa"], run: readRpcSettings },
  {
    settings: ["httpAddr", "httpTokenFile", "httpTlsCertFile", "httpTlsKeyFile"],
    run: checkHttp,
  },
  { settings: ["statsdAddr"], run: ({ statsdAddr }, log) => openSink("statsd", statsdAddr, log) },
  {
    settings: ["statsiteAddr"],
    run: ({ statsiteAddr }, log) => openSink("statsite", statsiteAddr, log),
  },
  { settings: ["enableSyslog", "syslogFacility"], run: checkSyslog },
  { settings: ["logFile"], run: ({ logFile }) => checkWritable(logFile) },
  { settings: ["snapshotPath"], run: ({ snapshotPath }) => checkWritable(snapshotPath) },
];

async function checkKey(config: AgentConfig): Promise<void> {
  const { encryptKey } = await resolveNetworkSettings(config);
  if (encryptKey === undefined || KEY_SIZES.includes(encryptKey.length)) return;
  throw new RangeError(
    `Invalid encryption key: got ${encryptKey.length} bytes, expected ${KEY_SIZES.join(", ")}`,
  );
}

/** Checks what the protocol core would refuse. */
function checkMachine(config: AgentConfig): void {
  const options = machineOptions({ ...config, nodeName: config.nodeName || "name" });
  checkSerfOptions(options);
  checkConfig({ ...nodeConfig(options, () => "name"), address: Address.parse("127.0.0.1", 0) });
}

function checkTags(config: AgentConfig, log: Log): void {
  encodeMeta(restoreTags(config, log), config.protocol);
}

async function checkHttp(config: AgentConfig, log: Log): Promise<void> {
  if (config.httpAddr === "") return;
  const { checkHttpConfig } = await import("../http/http_server.ts");
  await checkHttpConfig(config, log);
}

async function checkSyslog(
  { enableSyslog, syslogFacility: facility }: AgentConfig,
): Promise<void> {
  if (!enableSyslog) return;
  try {
    await using _syslog = new Syslog({ log: new AgentLog(), level: () => "ERR", facility });
  } catch (error) {
    throw new Error(`Syslog setup failed: ${errorText(error)}`);
  }
}

/** Whether a file can be written, without making one. */
function checkWritable(path: string): void {
  try {
    Deno.openSync(path, { append: true }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new Error(`open ${path}: ${osErrorText(error)}`);
    }
    checkFolder(path);
  }
}

/** The folder of a file that is not there. */
function checkFolder(path: string): void {
  const folder = folderOf(path);
  try {
    if (Deno.statSync(folder).isDirectory) return;
  } catch (error) {
    throw new Error(`open ${path}: ${osErrorText(error)}`);
  }
  throw new Error(`open ${path}: not a directory`);
}
