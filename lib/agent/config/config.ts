/**
 * The agent's settings: their keys in configuration files, their kinds, their defaults, and how the settings of several
 * sources are merged.
 *
 * @module
 */

import { DEFAULT_RPC_ADDRESS } from "../../rpc/default_address.ts";
import { agentSettings, librarySettings } from "../../serf/config.ts";

/** The types of values by kind. */
interface Kinds {
  string: string;
  bool: boolean;
  int: number;
  /** Bytes. */
  size: number;
  /** Milliseconds; in files a text in Go's notation, as in `5s`. */
  duration: number;
  list: readonly string[];
  tags: Readonly<Record<string, string>>;
}

/** The kind of a setting. */
export type ConfigKind = keyof Kinds;

/** One setting. */
interface ConfigOption {
  /** The key in a configuration file, with a dot for an object inside it; absent if only a flag sets it. */
  readonly key?: string;
  readonly kind: ConfigKind;
  /** Whether a reload applies it; other settings take a restart. */
  readonly reloads?: true;
}

/** All settings. */
export const configOptions = {
  /** Must be unique in the cluster; empty for the host name. */
  nodeName: { key: "node_name", kind: "string" },
  /** Old form of the tag `role`. */
  role: { key: "role", kind: "string", reloads: true },
  tags: { key: "tags", kind: "tags", reloads: true },
  /** The file that stores the tags. */
  tagsFile: { key: "tags_file", kind: "string" },
  /** `addr[:port]` to listen on for gossip. */
  bind: { key: "bind", kind: "string" },
  /** `addr[:port]` to advertise to other nodes; empty for the one listened on. */
  advertise: { key: "advertise", kind: "string" },
  /** Base64. */
  encryptKey: { key: "encrypt_key", kind: "string" },
  keyringFile: { key: "keyring_file", kind: "string" },
  /** Networks that members may be in; none for all. */
  allowCidr: { key: "allow_cidr", kind: "list" },
  /** Keeps clusters on one network apart; empty for none. */
  label: { key: "label", kind: "string" },
  /** Whether somebody in between checks and removes the label. */
  labelSkipCheck: { key: "label_skip_check", kind: "bool" },
  /** A level in any case. */
  logLevel: { key: "log_level", kind: "string", reloads: true },
  /** text, json or logfmt. */
  logFormat: { key: "log_format", kind: "string" },
  /** A file that gets the log too; empty for none. */
  logFile: { key: "log_file", kind: "string" },
  /** The size at which the log file is put aside; 0 for never. */
  logRotateBytes: { key: "log_rotate_bytes", kind: "size" },
  /** How many log files are kept that were put aside; 0 for all. */
  logRotateMaxFiles: { key: "log_rotate_max_files", kind: "size" },
  /** `host:port`, or `unix:` and a path, to listen on for clients. */
  rpcAddr: { key: "rpc_addr", kind: "string" },
  /** The token that clients must send; empty if they need none. */
  rpcAuth: { key: "rpc_auth", kind: "string" },
  /** A file with the token, in the place of `rpcAuth`. */
  rpcAuthFile: { key: "rpc_auth_file", kind: "string" },
  /** Files in PEM for RPC over TLS: the agent's certificate and key, and who has signed those that clients must have. */
  rpcTlsCert: { key: "rpc_tls.cert", kind: "string" },
  rpcTlsKey: { key: "rpc_tls.key", kind: "string" },
  rpcTlsCa: { key: "rpc_tls.ca", kind: "string" },
  /** How many RPC clients may be connected. */
  rpcMaxClients: { key: "rpc_max_clients", kind: "int" },
  /** `host:port` of the HTTP API; empty for none. */
  httpAddr: { key: "http_addr", kind: "string" },
  /** The file with the token that HTTP clients need to change something. */
  httpTokenFile: { key: "http_token_file", kind: "string" },
  /** PEM files of the certificate and its key; empty for no TLS. */
  httpTlsCertFile: { key: "http_tls_cert_file", kind: "string" },
  httpTlsKeyFile: { key: "http_tls_key_file", kind: "string" },
  /** Names by which HTTP clients may call the agent, besides localhost and IP addresses. */
  httpAllowedHosts: { key: "http_allowed_hosts", kind: "list" },
  /** How many HTTP clients may be connected. */
  httpMaxClients: { key: "http_max_clients", kind: "int" },
  /** Serf protocol version. */
  protocol: { key: "protocol", kind: "int" },
  /** Whether recent user events from before a join are delivered. */
  replayOnJoin: { key: "replay_on_join", kind: "bool" },
  queryResponseSizeLimit: { key: "query_response_size_limit", kind: "size" },
  querySizeLimit: { key: "query_size_limit", kind: "size" },
  userEventSizeLimit: { key: "user_event_size_limit", kind: "size" },
  /** How many members are remembered; Serf sets no bound. */
  maxMembers: { key: "max_members", kind: "size" },
  /** Addresses to join at the start; the agent exits if none can be reached. */
  startJoin: { key: "start_join", kind: "list" },
  /** Handler specifications, as in `user:deploy=./deploy.sh`. */
  eventHandlers: { key: "event_handlers", kind: "list", reloads: true },
  /** How long background processes may keep the output of a finished handler open; Serf waits without a limit. */
  handlerWaitDelayMs: { key: "handler_linger", kind: "duration", reloads: true },
  /** Timing: lan, wan or local. */
  profile: { key: "profile", kind: "string" },
  snapshotPath: { key: "snapshot_path", kind: "string" },
  /** Whether SIGTERM makes the agent leave the cluster before it exits. */
  leaveOnTerminate: { key: "leave_on_terminate", kind: "bool", reloads: true },
  /** Whether SIGINT makes the agent exit without leaving. */
  skipLeaveOnInterrupt: { key: "skip_leave_on_interrupt", kind: "bool", reloads: true },
  /** Name of the cluster to discover by multicast DNS; empty for none. */
  discover: { key: "discover", kind: "string" },
  mdnsInterface: { key: "mdns.interface", kind: "string" },
  mdnsDisableIpv4: { key: "mdns.disable_ipv4", kind: "bool" },
  mdnsDisableIpv6: { key: "mdns.disable_ipv6", kind: "bool" },
  /** Network interface to listen on. */
  interface: { key: "interface", kind: "string" },
  /** Time between attempts to reconnect to a failed member. */
  reconnectIntervalMs: { key: "reconnect_interval", kind: "duration" },
  /** How long a failed member is kept. */
  reconnectTimeoutMs: { key: "reconnect_timeout", kind: "duration" },
  /** How long a member that has left is kept. */
  tombstoneTimeoutMs: { key: "tombstone_timeout", kind: "duration" },
  disableNameResolution: { key: "disable_name_resolution", kind: "bool" },
  /** Whether network coordinates are disabled. Serf accepts this setting but ignores it. */
  disableCoordinates: { key: "disable_coordinates", kind: "bool" },
  /** Whether the node's name must be valid in DNS. Serf accepts this setting but ignores it. */
  validateNodeNames: { key: "validate_node_names", kind: "bool" },
  enableSyslog: { key: "enable_syslog", kind: "bool" },
  syslogFacility: { key: "syslog_facility", kind: "string" },
  /** Addresses to join in the background, until one is reached. */
  retryJoin: { key: "retry_join", kind: "list" },
  /** Number of retries after the first attempt; 0 for no limit. */
  retryMaxAttempts: { key: "retry_max_attempts", kind: "int" },
  retryIntervalMs: { key: "retry_interval", kind: "duration" },
  /** Whether a restarted agent rejoins the cluster in its snapshot even if it has left it. */
  rejoinAfterLeave: { key: "rejoin_after_leave", kind: "bool" },
  /** `host:port` of a statsite server; empty for none. */
  statsiteAddr: { key: "statsite_addr", kind: "string" },
  /** What the names of metrics for Prometheus begin with. */
  metricsPrefix: { key: "metrics_prefix", kind: "string" },
  /** `host:port` of a statsd server; empty for none. */
  statsdAddr: { key: "statsd_addr", kind: "string" },
  /** How long a leave, a removal of a node or a change of tags may take to be broadcast. */
  broadcastTimeoutMs: { key: "broadcast_timeout", kind: "duration" },
  /** The folder for recordings; empty for none. */
  record: { key: "record", kind: "string" },
  /** How much all recordings there may take, as in `256MB`. */
  recordBytes: { key: "record_bytes", kind: "string" },
  /** `true` or `false`: whether recordings have payloads. */
  recordPayloads: { key: "record_payloads", kind: "string" },
  /** Whether messages to other nodes are not compressed. */
  disableCompression: { kind: "bool" },
} as const satisfies Readonly<Record<string, ConfigOption>>;

/** The settings of an agent. */
export type AgentConfig = {
  readonly [Name in keyof typeof configOptions]: Kinds[(typeof configOptions)[Name]["kind"]];
};

/** The settings in one source: a file, or the flags. */
export type ConfigLayer = Partial<AgentConfig>;

/** The settings of an agent without files and flags. */
export const defaultConfig: AgentConfig = {
  nodeName: "",
  role: "",
  tags: {},
  tagsFile: "",
  bind: "0.0.0.0",
  advertise: "",
  encryptKey: "",
  keyringFile: "",
  allowCidr: [],
  label: "",
  labelSkipCheck: false,
  logLevel: "INFO",
  logFormat: "text",
  logFile: "",
  logRotateBytes: 0,
  logRotateMaxFiles: 0,
  rpcAddr: DEFAULT_RPC_ADDRESS,
  rpcAuth: "",
  rpcAuthFile: "",
  rpcTlsCert: "",
  rpcTlsKey: "",
  rpcTlsCa: "",
  // A process usually has 4,096 file descriptors or more; gossip needs a few hundred at most.
  rpcMaxClients: 1_024,
  httpAddr: "",
  httpTokenFile: "",
  httpTlsCertFile: "",
  httpTlsKeyFile: "",
  httpAllowedHosts: [],
  httpMaxClients: 1_024,
  protocol: agentSettings.protocol,
  replayOnJoin: false,
  queryResponseSizeLimit: librarySettings.queryResponseSizeLimit,
  querySizeLimit: librarySettings.querySizeLimit,
  userEventSizeLimit: librarySettings.userEventSizeLimit,
  maxMembers: librarySettings.maxMembers,
  startJoin: [],
  eventHandlers: [],
  handlerWaitDelayMs: 5_000,
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
  metricsPrefix: "serf_agent",
  broadcastTimeoutMs: librarySettings.broadcastTimeoutMs,
  record: "",
  recordBytes: "256MB",
  recordPayloads: "true",
  disableCompression: false,
};

/** Merges two values. As in Serf, an empty text, `false` or 0 in the later source does not replace an earlier value. */
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
 * Merges a later source into an earlier one: lists are joined; of tags with the same name, and of all other settings, the
 * later value counts.
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

/** The keys of settings that a running agent does not take over from a newer configuration. */
export function keysForRestart(running: AgentConfig, newer: AgentConfig): string[] {
  return Object.entries(configOptions).flatMap(([name, option]: [string, ConfigOption]) => {
    const setting = name as keyof AgentConfig;
    const same = JSON.stringify(running[setting]) === JSON.stringify(newer[setting]);
    return same || option.reloads || option.key === undefined ? [] : [option.key];
  });
}
