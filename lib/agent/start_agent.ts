/**
 * From a checked configuration to a running agent.
 *
 * @module
 */

import { errorText } from "../base/error_text.ts";
import type { Metrics } from "../base/metrics.ts";
import type { LogHub } from "../host/log_hub.ts";
import type { SerfOptions } from "../host/serf_options.ts";
import type { Keyring } from "../wire/keyring.ts";
import { Agent } from "./agent.ts";
import type { AgentOutput } from "./agent_output.ts";
import type { AgentConfig } from "./config.ts";
import { readKeyringFile, writeKeyringFile } from "./keyring_file.ts";
import type { LoadedConfig } from "./load_config.ts";
import { type NetworkSettings, resolveNetworkSettings } from "./network_settings.ts";
import { StartupError } from "./startup_error.ts";
import { readTagsFile } from "./tags_file.ts";

/** Where an agent reports while it starts, and afterwards. */
export interface StartAgentOptions {
  readonly output: AgentOutput;
  readonly hub: LogHub;
  /** Takes the agent's figures. */
  readonly metrics: Metrics;
}

/** How long events are collected before handlers and streams get them, and how long it must be quiet for that. */
const COALESCE_MS = 3_000;
const QUIESCENT_MS = 1_000;

/** An agent, and what its configuration came to on this machine. */
export interface StartedAgent {
  readonly agent: Agent;
  readonly network: NetworkSettings;
}

/** Starts an agent. Rejects with a {@link StartupError} that says at which step it failed. */
export async function startAgent(
  { config, handlers }: LoadedConfig,
  { output, hub, metrics }: StartAgentOptions,
): Promise<StartedAgent> {
  const network = await resolveNetworkSettings(config);
  if (network.notice !== undefined) output.say(network.notice);
  output.say("Starting Serf agent...");
  const { tags, keyring } = await attempt("Failed to setup the Serf agent", async () => ({
    tags: restoreTags(config, hub),
    keyring: await restoreKeyring(config, hub),
  }));
  const serf = {
    ...machineOptions(config),
    ...networkOptions(network),
    tags,
    keyring,
    metrics,
    onKeyringChange: keyringWriter(config),
  };
  const { handlerLingerMs } = config;
  const tagsFile = config.tagsFile || undefined;
  const agent = await attempt(
    "Failed to start the Serf agent: Error creating Serf",
    () => Agent.start({ serf, hub, handlers, handlerLingerMs, tagsFile }),
  );
  return { agent, network };
}

async function attempt<T>(label: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw new StartupError(`${label}: ${errorText(error)}`);
  }
}

function restoreTags({ tagsFile, tags }: AgentConfig, hub: LogHub): AgentConfig["tags"] {
  if (tagsFile === "") return tags;
  if (Object.keys(tags).length > 0) {
    throw new Error("Tags config not allowed while using tag files");
  }
  const restored = readTagsFile(tagsFile);
  if (restored === undefined) return {};
  hub.log("INFO", `agent: Restored ${Object.keys(restored).length} tag(s) from ${tagsFile}`);
  return restored;
}

async function restoreKeyring(
  { keyringFile, encryptKey }: AgentConfig,
  hub: LogHub,
): Promise<Keyring | undefined> {
  if (keyringFile === "") return undefined;
  if (encryptKey !== "") throw new Error("Encryption key not allowed while using a keyring");
  const keyring = await readKeyringFile(keyringFile);
  const count = keyring.keys.length;
  hub.log("INFO", `agent: Restored keyring with ${count} keys from ${keyringFile}`);
  return keyring;
}

/** What writes a keyring that the cluster has changed, if it came from a file. */
function keyringWriter({ keyringFile }: AgentConfig): SerfOptions["onKeyringChange"] {
  return keyringFile === "" ? undefined : (keyring) => writeKeyringFile(keyringFile, keyring);
}

function machineOptions(config: AgentConfig): SerfOptions {
  return {
    name: config.nodeName,
    protocol: config.protocol,
    compression: !config.disableCompression,
    snapshotPath: config.snapshotPath || undefined,
    rejoinAfterLeave: config.rejoinAfterLeave,
    coalescePeriodMs: COALESCE_MS,
    quiescentPeriodMs: QUIESCENT_MS,
    userCoalescePeriodMs: COALESCE_MS,
    userQuiescentPeriodMs: QUIESCENT_MS,
    queryResponseSizeLimit: config.queryResponseSizeLimit,
    querySizeLimit: config.querySizeLimit,
    userEventSizeLimit: config.userEventSizeLimit,
    reconnectIntervalMs: config.reconnectIntervalMs,
    reconnectTimeoutMs: config.reconnectTimeoutMs,
    tombstoneTimeoutMs: config.tombstoneTimeoutMs,
    resolveNameConflicts: !config.disableNameResolution,
    coordinates: !config.disableCoordinates,
    validateNodeNames: config.validateNodeNames,
    broadcastTimeoutMs: config.broadcastTimeoutMs,
  };
}

function networkOptions({ bind, advertise, encryptKey, profile }: NetworkSettings): SerfOptions {
  return { bind: bind.text, advertise: advertise?.text, encryptKey, profile };
}
