/**
 * The flags of `serf agent`.
 *
 * @module
 */

import type { ConfigSources } from "../../agent/config/load_config.ts";
import { parseDuration } from "../../go/duration.ts";
import { type FlagSpecs, parseGoFlags } from "../../go/flags.ts";
import { errorText } from "../../base/errors.ts";
import { DEFAULT_RPC_ADDRESS } from "../../rpc/tcp_endpoint.ts";
import { parseTagPairs } from "../tag_pairs.ts";
import { formatUsage } from "../usage.ts";
import type { ConfigLayer } from "../../agent/config/config.ts";
import { StartupError } from "../../agent/startup_error.ts";

// Defaults are only told here: a flag that is absent must not hide what a file says.
const agentFlags = {
  "node": {
    kind: "string",
    value: "name",
    help: "Name of this node, unique in the cluster. Default: the host name.",
  },
  "bind": {
    kind: "string",
    value: "addr",
    help: "Address to listen on, as host, host:port or [v6]:port. Default: 0.0.0.0:7946.",
  },
  "iface": {
    kind: "string",
    value: "name",
    help:
      "Network interface to listen on. With -bind too, the address must be one of that interface.",
  },
  "advertise": {
    kind: "string",
    value: "addr",
    help: "Address to announce to the others, if it is not the one listened on.",
  },
  "join": {
    kind: "list",
    value: "addr",
    help: "Member to join at start; if none is reached, the agent ends.",
  },
  "replay": { kind: "bool", help: "Deliver events from before a join at start." },
  "retry-join": {
    kind: "list",
    value: "addr",
    help: "Member to join in the background, tried until one is reached.",
  },
  "retry-interval": {
    kind: "string",
    value: "duration",
    help: "Pause between these tries. Default: 30s.",
  },
  "retry-max": {
    kind: "int",
    value: "n",
    help: "How many further tries there are before the agent ends. Default: 0, no limit.",
  },
  "tag": { kind: "list", value: "key=value", help: "Tag of this node." },
  "tags-file": {
    kind: "string",
    value: "path",
    help: "File that keeps tags which are changed while the agent runs. Excludes -tag.",
  },
  "event-handler": {
    kind: "list",
    value: "[filter=]script",
    help: "Script to run when something happens.",
  },
  "handler-linger": {
    kind: "string",
    value: "duration",
    help: "How long processes that a script leaves behind may keep its output open; " +
      "then its process group is killed. Default: 5s.",
  },
  "config-file": { kind: "list", value: "path", help: "JSON file with settings." },
  "config-dir": {
    kind: "list",
    value: "path",
    help: "Directory whose .json files are read in the order of their names.",
    into: "config-file",
  },
  "encrypt": { kind: "string", value: "key", help: "Key for all traffic, in base64; see keygen." },
  "keyring-file": {
    kind: "string",
    value: "path",
    help: "File with all keys, which follows changes of keys. Excludes -encrypt.",
  },
  "snapshot": {
    kind: "string",
    value: "path",
    help: "File from which a restarted agent knows whom to join and what it has seen.",
  },
  "rejoin": { kind: "bool", help: "Join the cluster of the snapshot even after a leave." },
  "profile": {
    kind: "string",
    value: "lan|wan|local",
    help: "Timing for a local network, the internet, or one machine. Default: lan.",
  },
  "protocol": { kind: "int", value: "n", help: "Serf protocol version, 2 to 5. Default: 5." },
  "log-level": {
    kind: "string",
    value: "level",
    help: "TRACE, DEBUG, INFO, WARN or ERR. Default: INFO.",
  },
  "syslog": { kind: "bool", help: "Send the log to syslog too." },
  "rpc-addr": {
    kind: "string",
    value: "addr",
    help: `Address that commands connect to. Default: ${DEFAULT_RPC_ADDRESS}.`,
  },
  "broadcast-timeout": {
    kind: "string",
    value: "duration",
    help: "How long a leave or a change of tags waits to be told to others. Default: 5s.",
  },
  "disable-compression": { kind: "bool", help: "Send messages uncompressed." },
  "discover": {
    kind: "string",
    value: "cluster",
    help: "Find members of that cluster name by multicast DNS.",
  },
  "mdns-iface": {
    kind: "string",
    value: "name",
    help: "Network interface for multicast DNS. Default: that of -iface.",
  },
  "mdns-disable-ipv4": { kind: "bool", help: "No multicast DNS over IPv4." },
  "mdns-disable-ipv6": { kind: "bool", help: "No multicast DNS over IPv6." },
  "role": { kind: "string", value: "role", help: "Old form of -tag role=..." },
} as const satisfies FlagSpecs;

/** The help text of `serf agent`. */
export function agentHelp(): string {
  return formatUsage({
    line: "serf agent [options]",
    description: [
      "Runs the agent of this node until it is interrupted. SIGINT makes it leave the cluster first, " +
      "SIGTERM does not, and SIGHUP makes it read its configuration again.",
      "An event handler is run with /bin/sh for every event, or for those its filter names: a comma " +
      "list of member-join, member-leave, member-failed, member-update, member-reap, user, user:NAME, " +
      "query, query:NAME and *. The event is in its environment (SERF_EVENT, SERF_SELF_NAME, " +
      "SERF_TAG_...) and on its standard input; its output answers a query.",
    ].join("\n\n"),
    flags: agentFlags,
  });
}

/**
 * Parses the arguments of `serf agent`; those after the flags are ignored. Throws a `FlagError` for a mistake in the
 * flags, and a {@link StartupError} for one in the text of a tag or a duration.
 */
export function parseAgentFlags(args: readonly string[]): ConfigSources {
  const { flags } = parseGoFlags(args, agentFlags);
  const layer: ConfigLayer = {
    nodeName: flags.node,
    bind: flags.bind,
    interface: flags.iface,
    advertise: flags.advertise,
    startJoin: flags.join,
    replayOnJoin: flags.replay,
    retryJoin: flags["retry-join"],
    retryMaxAttempts: flags["retry-max"],
    tags: tags(flags.tag),
    tagsFile: flags["tags-file"],
    retryIntervalMs: duration(flags["retry-interval"]),
    broadcastTimeoutMs: duration(flags["broadcast-timeout"]),
    eventHandlers: flags["event-handler"],
    handlerLingerMs: duration(flags["handler-linger"]),
    encryptKey: flags.encrypt,
    keyringFile: flags["keyring-file"],
    snapshotPath: flags.snapshot,
    rejoinAfterLeave: flags.rejoin,
    profile: flags.profile,
    protocol: flags.protocol,
    logLevel: flags["log-level"],
    enableSyslog: flags.syslog,
    rpcAddr: flags["rpc-addr"],
    disableCompression: flags["disable-compression"],
    discover: flags.discover,
    mdnsInterface: flags["mdns-iface"],
    mdnsDisableIpv4: flags["mdns-disable-ipv4"],
    mdnsDisableIpv6: flags["mdns-disable-ipv6"],
    role: flags.role,
  };
  return { layer, configPaths: flags["config-file"] };
}

function tags(pairs: readonly string[]): Record<string, string> {
  return checked(() => parseTagPairs(pairs));
}

function duration(text: string | undefined): number | undefined {
  return text === undefined || text === "" ? undefined : checked(() => parseDuration(text));
}

/** A mistake in the text of a value is one of the start, not one of the flags. */
function checked<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new StartupError(`Error: ${errorText(error)}`);
  }
}
