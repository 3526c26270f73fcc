/**
 * The flags of `serf agent`.
 *
 * @module
 */

import type { AgentConfig } from "../../agent/config/config.ts";
import type { FlagSpecs } from "../../go/flags.ts";
import { DEFAULT_RPC_ADDRESS } from "../../rpc/default_address.ts";
import type { Usage } from "../usage.ts";

/** The flags. Defaults are only in the help texts: an absent flag must not override a configuration file. */
export const agentFlags = {
  "node": {
    kind: "string",
    value: "name",
    help: "Name of this node, which must be unique in the cluster. Default: the host name.",
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
      "Network interface to listen on. If -bind is also given, its address must be one of this interface.",
  },
  "advertise": {
    kind: "string",
    value: "addr",
    help: "Address to advertise to the other nodes, if they cannot use the one listened on.",
  },
  "join": {
    kind: "list",
    value: "addr",
    help:
      "Address of a member to join at start, or a provider of addresses, see above. The agent " +
      "exits if none can be reached.",
  },
  "replay": { kind: "bool", help: "Deliver recent user events from before the join at start." },
  "retry-join": {
    kind: "list",
    value: "addr",
    help: "Address of a member to join in the background, or a provider of addresses, see above; " +
      "retried until one is reached.",
  },
  "retry-interval": {
    kind: "string",
    value: "duration",
    help: "Time between the tries of -retry-join. Default: 30s.",
  },
  "retry-max": {
    kind: "int",
    value: "n",
    help: "Number of retries of -retry-join before the agent exits. Default: 0, no limit.",
  },
  "tag": { kind: "list", value: "key=value", help: "Tag of this node." },
  "tags-file": {
    kind: "string",
    value: "path",
    help:
      "File that stores tags, so that changes by the tags command survive a restart. Cannot be used with -tag.",
  },
  "event-handler": {
    kind: "list",
    value: "[filter=]script",
    help: "Script to run for events, see above.",
  },
  "handler-linger": {
    kind: "string",
    value: "duration",
    help: "How long background processes may keep the output of a finished script open before " +
      "its process group is killed. Default: 5s.",
  },
  "config-file": { kind: "list", value: "path", help: "JSON file to read settings from." },
  "config-dir": {
    kind: "list",
    value: "path",
    help: "Directory to read settings from: its .json files, in order of name.",
    into: "config-file",
  },
  "encrypt": {
    kind: "string",
    value: "key",
    help: "Key to encrypt all traffic between nodes, in base64; see serf keygen.",
  },
  "keyring-file": {
    kind: "string",
    value: "path",
    help:
      "File that stores the encryption keys, so that changes by the keys command survive a restart. Cannot be used with -encrypt.",
  },
  "allow-cidr": {
    kind: "list",
    value: "network",
    help:
      "Network that members may be in, such as 10.0.0.0/8; everything from or to other addresses is ignored. Default: all.",
  },
  "label": {
    kind: "string",
    value: "text",
    help:
      "Label of all messages between nodes, at most 255 bytes. Nodes with another label, or none, are ignored.",
  },
  "label-skip-check": {
    kind: "bool",
    help: "Expect messages without a label, for a proxy that checks and removes it.",
  },
  "snapshot": {
    kind: "string",
    value: "path",
    help:
      "File that stores known members and seen events, so that a restarted agent rejoins and does not handle events twice.",
  },
  "rejoin": {
    kind: "bool",
    help: "Rejoin the cluster in the snapshot even if the agent has left it.",
  },
  "profile": {
    kind: "string",
    value: "lan|wan|local",
    help: "Timing for a local network, the internet, or a single machine. Default: lan.",
  },
  "protocol": {
    kind: "int",
    value: "n",
    help: "Serf protocol version to speak, 2 to 5. Default: 5.",
  },
  "record": {
    kind: "string",
    value: "dir",
    help:
      "Directory to record everything in that the agent is told, for serf replay. Keys are left out.",
  },
  "record-bytes": {
    kind: "string",
    value: "size",
    help:
      "How much all recordings in -record may take. What is oldest is removed, so that the newest stays. Default: 256MB.",
  },
  "record-payloads": {
    kind: "string",
    value: "true|false",
    help: "Whether recordings have the payloads of events, queries and responses. Default: true.",
  },
  "log-level": {
    kind: "string",
    value: "level",
    help: "Lowest level to log: TRACE, DEBUG, INFO, WARN or ERR. Default: INFO.",
  },
  "log-format": {
    kind: "string",
    value: "text|json|logfmt",
    help: "Format of the log. Default: text.",
  },
  "log-file": { kind: "string", value: "path", help: "File that gets the log too." },
  "log-rotate-bytes": {
    kind: "int",
    value: "n",
    help: "Size at which -log-file is put aside, with the time in its name. Default: 0, never.",
  },
  "log-rotate-max-files": {
    kind: "int",
    value: "n",
    help: "How many files put aside are kept. Default: 0, all.",
  },
  "syslog": { kind: "bool", help: "Also send the log to syslog." },
  "rpc-addr": {
    kind: "string",
    value: "addr",
    help:
      "Address to listen on for the other commands (RPC): host:port, or unix: and a path as in " +
      `unix:/run/serf.sock, for the agent's user alone. Default: ${DEFAULT_RPC_ADDRESS}.`,
  },
  "rpc-auth-file": {
    kind: "string",
    value: "path",
    help: "File with the token that RPC clients must send. Default: none is needed.",
  },
  "rpc-tls-cert": {
    kind: "string",
    value: "path",
    help: "Serve RPC over TLS with this certificate, in PEM, and the key of -rpc-tls-key.",
  },
  "rpc-tls-key": { kind: "string", value: "path", help: "Key of -rpc-tls-cert, in PEM." },
  "rpc-tls-ca": {
    kind: "string",
    value: "path",
    help: "Serve only RPC clients with a certificate that one of these, in PEM, has signed.",
  },
  "http-addr": {
    kind: "string",
    value: "addr",
    help: "Address of the HTTP API, such as 127.0.0.1:7380. Default: none.",
  },
  "http-token-file": {
    kind: "string",
    value: "path",
    help: "File with the token that HTTP clients need to change something, and for everything " +
      "if -http-addr is not a loopback address.",
  },
  "broadcast-timeout": {
    kind: "string",
    value: "duration",
    help:
      "How long a leave, a removal of a node or a change of tags may take to be broadcast. Default: 5s.",
  },
  "disable-compression": { kind: "bool", help: "Do not compress messages to other nodes." },
  "discover": {
    kind: "string",
    value: "cluster",
    help: "Find the members of the cluster with this name by multicast DNS, and join them.",
  },
  "mdns-iface": {
    kind: "string",
    value: "name",
    help: "Network interface for multicast DNS. Default: the one of -iface.",
  },
  "mdns-disable-ipv4": { kind: "bool", help: "Do not use multicast DNS over IPv4." },
  "mdns-disable-ipv6": { kind: "bool", help: "Do not use multicast DNS over IPv6." },
  "role": { kind: "string", value: "role", help: "Deprecated, use -tag role=..." },
  "check-config": {
    kind: "bool",
    help: "Only check flags and files, and what they name; prints all that is wrong.",
  },
  "format": { kind: "string", value: "text|json", help: "Format of -check-config. Default: text." },
} as const satisfies FlagSpecs;

/** The flags that set settings; the others say where settings are read from. */
export const settingFlags = {
  nodeName: "node",
  bind: "bind",
  interface: "iface",
  advertise: "advertise",
  startJoin: "join",
  replayOnJoin: "replay",
  retryJoin: "retry-join",
  retryMaxAttempts: "retry-max",
  tags: "tag",
  tagsFile: "tags-file",
  retryIntervalMs: "retry-interval",
  broadcastTimeoutMs: "broadcast-timeout",
  eventHandlers: "event-handler",
  handlerWaitDelayMs: "handler-linger",
  encryptKey: "encrypt",
  keyringFile: "keyring-file",
  allowCidr: "allow-cidr",
  label: "label",
  labelSkipCheck: "label-skip-check",
  snapshotPath: "snapshot",
  rejoinAfterLeave: "rejoin",
  profile: "profile",
  protocol: "protocol",
  logLevel: "log-level",
  logFormat: "log-format",
  logFile: "log-file",
  logRotateBytes: "log-rotate-bytes",
  logRotateMaxFiles: "log-rotate-max-files",
  enableSyslog: "syslog",
  rpcAddr: "rpc-addr",
  rpcAuthFile: "rpc-auth-file",
  rpcTlsCert: "rpc-tls-cert",
  rpcTlsKey: "rpc-tls-key",
  rpcTlsCa: "rpc-tls-ca",
  httpAddr: "http-addr",
  httpTokenFile: "http-token-file",
  disableCompression: "disable-compression",
  discover: "discover",
  mdnsInterface: "mdns-iface",
  mdnsDisableIpv4: "mdns-disable-ipv4",
  mdnsDisableIpv6: "mdns-disable-ipv6",
  record: "record",
  recordBytes: "record-bytes",
  recordPayloads: "record-payloads",
  role: "role",
} as const satisfies Partial<Record<keyof AgentConfig, keyof typeof agentFlags>>;

/** What the help text of `serf agent` says. */
export const agentUsage: Usage = {
  line: "serf agent [options]",
  description:
    "Runs a Serf agent until interrupted. On SIGINT it leaves the cluster gracefully and exits, on " +
    "SIGTERM it exits without leaving, and on SIGHUP it reloads its configuration.\n\n" +
    "An event handler is a script that /bin/sh (on Windows cmd) runs for every event, or only for those in its filter: " +
    "a comma-separated list of member-join, member-leave, member-failed, member-update, member-reap, " +
    "user, user:NAME, query, query:NAME and *. The script receives the event in its environment " +
    "(SERF_EVENT, SERF_SELF_NAME, SERF_TAG_...) and on its standard input, and responds to a query " +
    "by its output.\n\n" +
    "In the place of an address to join there may be a provider of addresses, which is asked at " +
    "every try: dns+NAME[:PORT] for all addresses of a name in DNS, srv+NAME for the hosts and " +
    "ports of a service such as _serf._tcp.example.com, file:PATH for the lines of a file, and " +
    "exec:COMMAND for the lines that a command prints.",
  flags: agentFlags,
};
