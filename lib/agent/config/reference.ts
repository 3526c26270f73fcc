/**
 * What every key of a configuration file means, as text for people and as JSON schema for editors. Names, types and
 * defaults are those of the table by which files are read; a key without a meaning does not compile.
 *
 * @module
 */

import { LOG_LEVELS } from "../../base/log.ts";
import { formatDuration } from "../../go/duration.ts";
import { profiles } from "../../swim/config.ts";
import { type AgentConfig, type ConfigKind, configOptions, defaultConfig } from "./config.ts";
import { INERT_KEYS } from "./decode_config.ts";
import { LOG_FORMATS } from "./setting_mistakes.ts";

type Options = typeof configOptions;

/** The settings that have a key. */
type KeyedSetting = {
  [Name in keyof Options]: Options[Name] extends { readonly key: string } ? Name : never;
}[keyof Options];

const meanings: Readonly<Record<KeyedSetting, string>> = {
  nodeName: "Name of this node, which must be unique in the cluster. Empty for the host name.",
  role: "Deprecated: the tag role.",
  tags: "Tags of this node.",
  tagsFile:
    "File that stores the tags, so that changes by serf tags survive a restart. Excludes tags.",
  bind:
    "Address to listen on for gossip, as host, host:port or [v6]:port. Port 7946 if none is given.",
  advertise: "Address to advertise to the other nodes. Empty for the one listened on.",
  encryptKey:
    "Key to encrypt all traffic between nodes, in base64; see serf keygen. Empty for none.",
  keyringFile:
    "File that stores the encryption keys, so that changes by serf keys survive a restart. Excludes encrypt_key.",
  allowCidr:
    "Networks that members may be in, such as 10.0.0.0/8; everything from or to other addresses is ignored. None for all.",
  label:
    "Label of all messages between nodes, at most 255 bytes. Nodes with another label, or none, are ignored.",
  labelSkipCheck: "Expect messages without a label, for a proxy that checks and removes it.",
  logLevel: `Lowest level to log: ${LOG_LEVELS.join(", ")}, in any case.`,
  logFormat: "Format of the log.",
  logFile: "File that gets the log too. Empty for none.",
  logRotateBytes:
    "Size in bytes at which the log file is put aside, with the time in its name. 0 for never.",
  logRotateMaxFiles: "How many log files put aside are kept. 0 for all.",
  rpcAddr: "Address to listen on for the other commands (RPC): host:port, or unix: and a path.",
  rpcAuth: "Token that RPC clients must send. Empty if they need none.",
  rpcAuthFile: "File with the token that RPC clients must send. Excludes rpc_auth.",
  rpcTlsCert: "File with the certificate for RPC over TLS, in PEM.",
  rpcTlsKey: "File with the key of rpc_tls.cert, in PEM.",
  rpcTlsCa:
    "File with the certificates, in PEM, one of which must have signed that of each RPC client.",
  rpcMaxClients: "How many RPC clients may be connected.",
  httpAddr: "Address of the HTTP API, as host:port. Empty for none.",
  httpTokenFile:
    "File with the token that HTTP clients need to change something, and for everything if http_addr is not a loopback address.",
  httpTlsCertFile: "File with the certificate for HTTPS, in PEM.",
  httpTlsKeyFile: "File with the key of http_tls_cert_file, in PEM.",
  httpAllowedHosts:
    "Names by which HTTP clients may call the agent, besides localhost and IP addresses.",
  httpMaxClients: "How many HTTP clients may be connected.",
  protocol: "Serf protocol version to speak, 2 to 5.",
  replayOnJoin: "Deliver recent user events from before the join at start.",
  queryResponseSizeLimit: "Largest answer to a query, in bytes.",
  querySizeLimit: "Largest query, in bytes.",
  userEventSizeLimit: "Largest user event, name and payload, in bytes; at most 9216.",
  maxMembers: "How many members are remembered.",
  startJoin:
    "Addresses of members to join at start, or providers of addresses (dns+NAME, srv+NAME, file:PATH, exec:COMMAND). The agent exits if none can be reached.",
  eventHandlers:
    "Scripts to run for events, each as [filter=]script; the filters are those of -event-handler.",
  handlerWaitDelayMs:
    "How long background processes may keep the output of a finished handler open before its process group is killed.",
  profile: "Timing for a local network, the internet, or a single machine.",
  record:
    "Directory to record everything in that the agent is told, for serf replay. Empty for none.",
  recordBytes:
    "How much all recordings in record may take, as in 256MB; what is oldest is removed.",
  recordPayloads: "Whether recordings have the payloads of events, queries and responses.",
  snapshotPath:
    "File that stores known members and seen events, so that a restarted agent rejoins and does not handle events twice.",
  leaveOnTerminate: "Leave the cluster on SIGTERM before the exit.",
  skipLeaveOnInterrupt: "Exit on SIGINT without leaving the cluster.",
  discover:
    "Name of the cluster whose members are found by multicast DNS and joined. Empty for none.",
  mdnsInterface: "Network interface for multicast DNS. Empty for that of interface.",
  mdnsDisableIpv4: "Do not use multicast DNS over IPv4.",
  mdnsDisableIpv6: "Do not use multicast DNS over IPv6.",
  interface:
    "Network interface to listen on. If bind is also given, its address must be one of this interface.",
  reconnectIntervalMs: "Time between attempts to reach a failed member again; at least 100ms.",
  reconnectTimeoutMs: "How long a failed member is kept.",
  tombstoneTimeoutMs: "How long a member that has left is kept.",
  disableNameResolution: "Do not let the cluster decide between two nodes of one name.",
  disableCoordinates:
    "Do not keep network coordinates, from which serf rtt estimates round-trip times.",
  validateNodeNames: "Refuse node names that are not valid in DNS.",
  enableSyslog: "Also send the log to syslog.",
  syslogFacility: "Facility of the log in syslog.",
  retryJoin:
    "Addresses of members to join in the background, or providers of addresses as in start_join, until one is reached.",
  retryMaxAttempts: "Number of retries of retry_join before the agent exits. 0 for no limit.",
  retryIntervalMs: "Time between the tries of retry_join; at least 1s.",
  rejoinAfterLeave: "Rejoin the cluster in the snapshot even if the agent has left it.",
  statsiteAddr: "Address of a statsite server for metrics, as host:port. Empty for none.",
  statsdAddr: "Address of a statsd server for metrics, as host:port. Empty for none.",
  metricsPrefix: "What the names of metrics for Prometheus begin with.",
  broadcastTimeoutMs:
    "How long a leave, a removal of a node or a change of tags may take to be broadcast; at least 1s.",
};

/** Settings with a fixed set of values. */
const choices: Partial<Record<KeyedSetting, readonly string[]>> = {
  profile: Object.keys(profiles),
  logFormat: LOG_FORMATS,
  recordPayloads: ["true", "false"],
};

/** What types are called. */
const typeNames: Readonly<Record<ConfigKind, string>> = {
  string: "string",
  bool: "boolean",
  int: "integer",
  size: "integer",
  duration: "duration",
  list: "list of strings",
  tags: "object of strings",
};

/** One key of the file. */
export interface KeyReference {
  /** With a dot for a key of an object inside the file. */
  readonly key: string;
  readonly kind: ConfigKind;
  /** The type in words. */
  readonly type: string;
  readonly choices?: readonly string[];
  /** The value of a file without the key. */
  readonly default: unknown;
  /** Whether a reload applies it. */
  readonly reloads: boolean;
  /** The flag of `serf agent` for it, without dashes. */
  readonly flag?: string;
  readonly meaning: string;
}

/** All keys, in the order of the table of settings. */
export function keyReferences(
  flags: Readonly<Partial<Record<keyof AgentConfig, string>>>,
): KeyReference[] {
  return (Object.keys(meanings) as KeyedSetting[]).map((setting) => {
    const option: { readonly key: string; readonly kind: ConfigKind; readonly reloads?: true } =
      configOptions[setting];
    const { key, kind, reloads = false } = option;
    return {
      ...{ key, kind, reloads, type: typeNames[kind], choices: choices[setting] },
      ...{ default: fileValue(kind, defaultConfig[setting]) },
      ...{ flag: flags[setting], meaning: meanings[setting] },
    };
  });
}

/** A setting as a file has it. */
function fileValue(kind: ConfigKind, value: unknown): unknown {
  return kind === "duration" ? formatDuration(value as number) : value;
}

type Schema = { readonly [key: string]: unknown };

/** A duration in Go's notation, or nothing. */
const DURATION = "^$|^[-+]?(0|((\\d+\\.?\\d*|\\.\\d+)(ns|us|\\u00b5s|\\u03bcs|ms|s|m|h))+)$";

/** The JSON schema of a configuration file. Serf takes keys in any case of letters; the schema only as they are listed. */
export function configSchema(keys: readonly KeyReference[]): Schema {
  const properties: Record<string, Schema> = {};
  const objects: Record<string, Record<string, Schema>> = {};
  for (const reference of keys) {
    const [first, second] = reference.key.split(".");
    if (second === undefined) properties[first] = keySchema(reference);
    else (objects[first] ??= {})[second] = keySchema(reference);
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Configuration of serf agent",
    ...objectOf({
      ...properties,
      ...Object.fromEntries(
        Object.entries(objects).map(([name, inner]) => [name, objectOf(inner)]),
      ),
      ...Object.fromEntries(
        INERT_KEYS.map((key) => [key, { type: "boolean", description: "Has no effect." }]),
      ),
    }),
  };
}

function objectOf(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", additionalProperties: false, properties };
}

function keySchema({ kind, choices, meaning, default: value }: KeyReference): Schema {
  const values = choices === undefined ? {} : { enum: choices };
  return { ...valueSchema(kind), ...values, description: meaning, default: value };
}

function valueSchema(kind: ConfigKind): Schema {
  switch (kind) {
    case "string":
      return { type: "string" };
    case "bool":
      return { type: "boolean" };
    case "int":
      return { type: "integer" };
    case "size":
      return { type: "integer", minimum: 0 };
    case "duration":
      return { type: "string", pattern: DURATION };
    case "list":
      return { type: "array", items: { type: "string" } };
    case "tags":
      return { type: "object", additionalProperties: { type: "string" } };
    default:
      throw kind satisfies never;
  }
}
