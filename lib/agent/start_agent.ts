/**
 * Starting an agent with a checked configuration: resolves addresses, restores tags and keys, and joins nothing yet.
 *
 * @module
 */

import { errorText } from "../base/errors.ts";
import { osErrorText } from "../go/os_error.ts";
import type { Log } from "../base/log.ts";
import type { Metrics } from "../base/metrics.ts";
import type { AgentLog } from "./log/agent_log.ts";
import type { SerfOptions } from "../host/serf_options.ts";
import type { Tracer } from "../host/tracing.ts";
import type { RecordingSettings, RunningRecording } from "../recording/start_recording.ts";
import { agentCoalescing } from "../serf/config.ts";
import type { Keyring } from "../wire/framing/keyring.ts";
import { Agent } from "./agent.ts";
import { parseByteSize } from "./config/byte_size.ts";
import type { AgentConfig } from "./config/config.ts";
import {
  readKeyringFile,
  readTagsFile,
  warnIfReadableByAll,
  writeKeyringFile,
} from "./config/state_files.ts";
import type { LoadedConfig } from "./config/load_config.ts";
import { type NetworkSettings, resolveNetworkSettings } from "./config/network_settings.ts";
import { StartupError } from "./config/startup_error.ts";

/** Where the agent reports. */
interface StartAgentOptions {
  /** Prints a line of progress. */
  readonly say: (text: string) => void;
  readonly log: AgentLog;
  /** Takes the agent's metrics. */
  readonly metrics: Metrics;
  /** The lines of the report on the last minute. */
  readonly metricsReport: () => readonly string[];
  /** Takes the agent's spans. Default: there are none. */
  readonly tracer?: Tracer;
  /** The version of Serf for Deno, which a recording names. */
  readonly version: string;
}

/** An agent, and its network settings as they were resolved on this machine. */
interface StartedAgent {
  readonly agent: Agent;
  readonly network: NetworkSettings;
}

/** Starts an agent. Rejects with a {@link StartupError} that says at which step it failed. */
export async function startAgent(
  { config, handlers }: LoadedConfig,
  { say, log, metrics, metricsReport, tracer, version }: StartAgentOptions,
): Promise<StartedAgent> {
  const network = await resolveNetworkSettings(config);
  if (network.notice !== undefined) say(network.notice);
  say("Starting Serf agent...");
  const { tags, keyring } = await attempt("Failed to setup the Serf agent", async () => ({
    tags: restoreTags(config, log.write),
    keyring: await restoreKeyring(config, log.write),
  }));
  const serf = {
    ...machineOptions(config),
    ...networkOptions(network),
    tags,
    keyring,
    metrics,
    onKeyringChange: keyringWriter(config),
  };
  const tagsFile = config.tagsFile || undefined;
  const recording = await attempt(
    "Failed to start the recording",
    () => openRecording(config, { log: log.write, version }),
  );
  try {
    const agent = await attempt(
      "Failed to start the Serf agent: Error creating Serf",
      () =>
        Agent.start({
          ...{ serf, log, metricsReport, tracer, tagsFile, recording },
          ...{ handlers, handlerWaitDelayMs: config.handlerWaitDelayMs },
        }),
    );
    return { agent, network };
  } catch (error) {
    await recording?.close();
    throw error;
  }
}

/** Loads the flight recorder only where it is wanted. */
async function openRecording(
  { record: folder, recordBytes, recordPayloads }: AgentConfig,
  options: Pick<RecordingSettings, "log" | "version">,
): Promise<RunningRecording | undefined> {
  if (folder === "") return undefined;
  const maxBytes = parseByteSize(recordBytes);
  const { startRecording } = await import("../recording/start_recording.ts");
  try {
    const payloads = recordPayloads === "true";
    return await startRecording({ ...options, folder, maxBytes, payloads });
  } catch (error) {
    throw new Error(`mkdir ${folder}: ${osErrorText(error)}`);
  }
}

async function attempt<T>(label: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw new StartupError(`${label}: ${errorText(error)}`);
  }
}

/** The tags of the configuration, or of their file. Throws an `Error`. */
export function restoreTags({ tagsFile, tags }: AgentConfig, log: Log): AgentConfig["tags"] {
  if (tagsFile === "") return tags;
  if (Object.keys(tags).length > 0) {
    throw new Error("Tags config not allowed while using tag files");
  }
  const restored = readTagsFile(tagsFile);
  if (restored === undefined) return {};
  log("INFO", `agent: Restored ${Object.keys(restored).length} tag(s) from ${tagsFile}`);
  return restored;
}

/** The keys in the keyring file; `undefined` if there is none. Rejects with an `Error`. */
export async function restoreKeyring(
  { keyringFile, encryptKey }: AgentConfig,
  log: Log,
): Promise<Keyring | undefined> {
  if (keyringFile === "") return undefined;
  if (encryptKey !== "") throw new Error("Encryption key not allowed while using a keyring");
  const keyring = await readKeyringFile(keyringFile);
  const count = keyring.keys.length;
  log("INFO", `agent: Restored keyring with ${count} keys from ${keyringFile}`);
  warnIfReadableByAll(keyringFile, "keyring file", log);
  return keyring;
}

/** Writes the keyring to its file whenever the cluster has changed it, if it has a file. */
function keyringWriter({ keyringFile }: AgentConfig): SerfOptions["onKeyringChange"] {
  return keyringFile === "" ? undefined : (keyring) => writeKeyringFile(keyringFile, keyring);
}

/** The settings of the protocol core and of its host. */
export function machineOptions(config: AgentConfig): SerfOptions {
  return {
    name: config.nodeName,
    protocol: config.protocol,
    allowCidr: config.allowCidr.map((cidr) => cidr.trim()),
    label: config.label || undefined,
    compression: !config.disableCompression,
    snapshotPath: config.snapshotPath || undefined,
    rejoinAfterLeave: config.rejoinAfterLeave,
    advanced: {
      ...agentCoalescing,
      skipInboundLabelCheck: config.labelSkipCheck,
      queryResponseSizeLimit: config.queryResponseSizeLimit,
      querySizeLimit: config.querySizeLimit,
      userEventSizeLimit: config.userEventSizeLimit,
      maxMembers: config.maxMembers,
      reconnectIntervalMs: config.reconnectIntervalMs,
      reconnectTimeoutMs: config.reconnectTimeoutMs,
      tombstoneTimeoutMs: config.tombstoneTimeoutMs,
      resolveNameConflicts: !config.disableNameResolution,
      coordinates: !config.disableCoordinates,
      validateNodeNames: config.validateNodeNames,
      broadcastTimeoutMs: config.broadcastTimeoutMs,
    },
  };
}

function networkOptions({ bind, advertise, encryptKey, profile }: NetworkSettings): SerfOptions {
  return { bind: bind.text, advertise: advertise?.text, encryptKey, profile };
}
