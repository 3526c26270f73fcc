/**
 * The agent's settings: their names in files, their kinds, their defaults, and how a later source combines with an
 * earlier one.
 *
 * @module
 */

import { DEFAULT_RPC_ADDRESS } from "../../rpc/tcp_endpoint.ts";
import { agentSettings, librarySettings } from "../../serf/config.ts";

/** Ends the start of an agent, or a reload of its configuration. The message is what the user is told. */
export class StartupError extends Error {
  override readonly name = "StartupError";
}

/** What the settings of each kind hold. */
interface Kinds {
  string: string;
  bool: boolean;
  int: number;
  /** Bytes. */
  size: number;
  /** Milliseconds; Go's notation in files. */
  duration: number;
  list: readonly string[];
  tags: Readonly<Record<string, string>>;
}

/** The kind of a setting. */
export type ConfigKind = keyof Kinds;

/** What is known of one setting. */
export interface ConfigOption {
  /** The key in a configuration file; a dot leads into an object. Without one, only a flag sets it. */
  readonly key?: string;
  readonly kind: ConfigKind;
}

/** All settings. */
export const configOptions = {
  /** Unique in the cluster; by default the host name. */
  nodeName: { key: "node_name", kind: "string" },
  /** Old form of the tag `role`. */
  role: { key: "role", kind: "string" },
  tags: { key: "tags", kind: "tags" },
  /** Where tags are kept that change while the agent runs. */
  tagsFile: { key: "tags_file", kind: "string" },
  /** `addr[:port]` to listen on for the other agents. */
  bind: { key: "bind", kind: "string" },
  /** `addr[:port]` that is announced to the others, if not the one listened on. */
  advertise: { key: "advertise", kind: "string" },
  /** Base64. */
  encryptKey: { key: "encrypt_key", kind: "string" },
  keyringFile: { key: "keyring_file", kind: "string" },
  /** A level in any case. */
  logLevel: { key: "log_level", kind: "string" },
  /** `host:port` to listen on for clients. */
  rpcAddr: { key: "rpc_addr", kind: "string" },
  /** What clients must present; empty: nothing. */
  rpcAuth: { key: "rpc_auth", kind: "string" },
  /** Serf protocol version. */
  protocol: { key: "protocol", kind: "int" },
  /** Whether events from before a join are delivered. */
  replayOnJoin: { key: "replay_on_join", kind: "bool" },
  queryResponseSizeLimit: { key: "query_response_size_limit", kind: "size" },
  querySizeLimit: { key: "query_size_limit", kind: "size" },
  userEventSizeLimit: { key: "user_event_size_limit", kind: "size" },
  /** Joined at start; if none can be reached, the agent ends. */
  startJoin: { key: "start_join", kind: "list" },
  /** Handler specifications, as in `user:deploy=./deploy.sh`. */
  eventHandlers: { key: "event_handlers", kind: "list" },
  /** How long the processes that a handler leaves behind may keep its output open; the reference waits for ever. */
  handlerLingerMs: { key: "handler_linger", kind: "duration" },
  /** Timing: lan, wan or local. */
  profile: { key: "profile", kind: "string" },
  snapshotPath: { key: "snapshot_path", kind: "string" },
  /** Whether SIGTERM makes the agent leave the cluster before it ends. */
  leaveOnTerminate: { key: "leave_on_terminate", kind: "bool" },
  /** Whether SIGINT makes the agent end without leaving. */
  skipLeaveOnInterrupt: { key: "skip_leave_on_interrupt", kind: "bool" },
  /** Name of the cluster to discover by multicast DNS; empty: none. */
  discover: { key: "discover", kind: "string" },
  mdnsInterface: { key: "mdns.interface", kind: "string" },
  mdnsDisableIpv4: { key: "mdns.disable_ipv4", kind: "bool" },
  mdnsDisableIpv6: { key: "mdns.disable_ipv6", kind: "bool" },
  /** Network interface to listen on. */
  interface: { key: "interface", kind: "string" },
  /** Between tries to reach a failed member. */
  reconnectIntervalMs: { key: "reconnect_interval", kind: "duration" },
  /** How long a failed member is remembered. */
  reconnectTimeoutMs: { key: "reconnect_timeout", kind: "duration" },
  /** How long a member that left is remembered. */
  tombstoneTimeoutMs: { key: "tombstone_timeout", kind: "duration" },
  disableNameResolution: { key: "disable_name_resolution", kind: "bool" },
  /** Whether no network coordinates are kept; the reference knows the setting and ignores it. */
  disableCoordinates: { key: "disable_coordinates", kind: "bool" },
  /** Whether the node's name must be one that DNS can carry; the reference knows the setting and ignores it. */
  validateNodeNames: { key: "validate_node_names", kind: "bool" },
  enableSyslog: { key: "enable_syslog", kind: "bool" },
  syslogFacility: { key: "syslog_facility", kind: "string" },
  /** Joined in the background, until one is reached. */
  retryJoin: { key: "retry_join", kind: "list" },
  /** Further tries after the first one; 0: without end. */
  retryMaxAttempts: { key: "retry_max_attempts", kind: "int" },
  retryIntervalMs: { key: "retry_interval", kind: "duration" },
  /** Whether a restart joins the cluster of the snapshot although the node left it. */
  rejoinAfterLeave: { key: "rejoin_after_leave", kind: "bool" },
  /** `host:port` for metrics over TCP; empty: none. */
  statsiteAddr: { key: "statsite_addr", kind: "string" },
  /** `host:port` for metrics over UDP; empty: none. */
  statsdAddr: { key: "statsd_addr", kind: "string" },
  /** How long a leave, a forced leave or a change of tags waits until it has been told. */
  broadcastTimeoutMs: { key: "broadcast_timeout", kind: "duration" },
  /** Whether messages are sent as they are. */
  disableCompression: { kind: "bool" },
} as const satisfies Readonly<Record<string, ConfigOption>>;

/** The settings of an agent. */
export type AgentConfig = {
  readonly [Name in keyof typeof configOptions]: Kinds[(typeof configOptions)[Name]["kind"]];
};

/** What one source says: a file, or the flags. */
export type ConfigLayer = Partial<AgentConfig>;

/** An agent without a file and without flags. */
export const defaultConfig: AgentConfig = {
  nodeName: "",
  role: "",
  tags: {},
  tagsFile: "",
  bind: "0.0.0.0",
  advertise: "",
  encryptKey: "",
  keyringFile: "",
  logLevel: "INFO",
  rpcAddr: DEFAULT_RPC_ADDRESS,
  rpcAuth: "",
  protocol: agentSettings.protocol,
  replayOnJoin: false,
  queryResponseSizeLimit: librarySettings.queryResponseSizeLimit,
  querySizeLimit: librarySettings.querySizeLimit,
  userEventSizeLimit: librarySettings.userEventSizeLimit,
  startJoin: [],
  eventHandlers: [],
  handlerLingerMs: 5_000,
  profile: "lan",
  snapshotPath: "",
  leaveOnTerminate: false,
  skipLeaveOnInterrupt: false,
  discover: "",
  mdnsInterface: "",
  mdnsDisableIpv4: false,
  mdnsDisableIpv6: false,
  interface: "",
  reconnectIntervalMs: librarySettings.reconnectIntervalMs,
  reconnectTimeoutMs: librarySettings.reconnectTimeoutMs,
  tombstoneTimeoutMs: librarySettings.tombstoneTimeoutMs,
  disableNameResolution: false,
  disableCoordinates: false,
  validateNodeNames: false,
  enableSyslog: false,
  syslogFacility: "LOCAL0",
  retryJoin: [],
  retryMaxAttempts: 0,
  retryIntervalMs: 30_000,
  rejoinAfterLeave: false,
  statsiteAddr: "",
  statsdAddr: "",
  broadcastTimeoutMs: librarySettings.broadcastTimeoutMs,
  disableCompression: false,
};

/** How the values of two sources combine: an empty text, a false and a zero never undo what an earlier source said. */
const combine: { readonly [K in ConfigKind]: (earlier: Kinds[K], later: Kinds[K]) => Kinds[K] } = {
  string: (earlier, later) => later || earlier,
  bool: (earlier, later) => later || earlier,
  int: (earlier, later) => later > 0 ? later : earlier,
  size: (earlier, later) => later || earlier,
  duration: (earlier, later) => later || earlier,
  list: (earlier, later) => [...earlier, ...later],
  tags: (earlier, later) => ({ ...earlier, ...later }),
};

/**
 * Puts a later source over an earlier one: lists grow, tags are united and the later value wins, anything else is
 * replaced if the later source says something.
 */
export function mergeConfig(base: AgentConfig, layer: ConfigLayer): AgentConfig {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, { kind }] of Object.entries(configOptions)) {
    const later = layer[name as keyof AgentConfig];
    const combineKind = combine[kind] as (earlier: unknown, later: unknown) => unknown;
    if (later !== undefined) merged[name] = combineKind(merged[name], later);
  }
  return merged as AgentConfig;
}
