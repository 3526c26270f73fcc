/** Where we say something else than Serf 0.8.2, and why. */

import { members } from "../../../lib/cli/commands/members.ts";
import { formatUsage } from "../../../lib/cli/usage.ts";
import { VERSION } from "../../../lib/cli/version.ts";
import { versionChanges } from "../versions.ts";
import { type Difference, failing, hinting, replace } from "./difference.ts";
import { mannerDifferences } from "./manners.ts";

/** Why anything differs, in the words of `tests/interop/README.md`. */
const reasons = {
  version: "`serf version` and `info` name our own version and Deno as the runtime",
  later:
    "What came after Serf 0.8.2 is there: the keys `mdns` and `validate_node_names`, the flag `-mdns-iface`, and the " +
    "words of errors and log lines",
  queryEnd:
    "A query ends as soon as every member that it is for has acknowledged and answered it as asked",
  linger: "`-handler-linger` (`handler_linger` in files) makes that longer or shorter",
  commands: "There are commands that Serf does not have",
  rpc: "RPC takes its token from a file",
  timeout: "Commands do not wait without end for an agent that has been stopped",
  format: "Every command with a result has `-format=json`",
  watch: "`serf members -watch` shows every change",
  tagChange: "A change of tags is one `member-update` event",
  log:
    "The log has no line for a name server asked in vain by TCP, for the body of a command refused before the token, or " +
    "for an answer to a client that has gone",
  authentication:
    "A wrong token is logged with the address of its client, and answered after a second",
  runtime: "Of the figures of Go's runtime there are `runtime.alloc_bytes` and `runtime.sys_bytes`",
  sinks:
    "A statsd address without a port is refused, and figures that cannot be sent to statsite are reported in the log, " +
    "once",
  control:
    "Control characters of others are escaped in the log and, on a terminal, in the output of commands",
  failures: "The log names a query whose handler has failed",
  places:
    "Mistakes in configuration files are also told on standard error, with file, line, column and key",
  handlers: "The log warns of event handlers that cannot run",
  nameServer: "The errors of an unresolvable RPC host leave out the name server",
};

/** The commands that talk to an agent. */
const rpcCommands = [
  ...["event", "force-leave", "info", "join", "keys", "leave", "members", "monitor", "query"],
  ...["reachability", "rtt", "tags"],
];

/** The places of mistakes in configuration files, by entry. */
const places = {
  "agent-config/bad-json": [
    "c1.json:1:2: invalid character 'n' looking for beginning of object key string",
  ],
  "agent-config/empty-file": ["c0.json:1:1: EOF"],
  "agent-config/unknown-key": [
    "c2.json:1:2: bogus: unknown key",
    "c2.json:1:12: another: unknown key",
  ],
  "agent-config/wrong-type": ["c3.json:1:14: node_name: expected a text, got 5"],
  "agent-config/wrong-type-list": ['c4.json:1:15: start_join: expected a list of texts, got "x"'],
  "agent-config/bad-duration": [
    'c5.json:1:23: reconnect_interval: time: invalid duration "zz"',
  ],
  "agent-config/number-duration": [
    'c6.json:1:19: retry_interval: expected a text with a duration such as "5s", got 30',
  ],
  "agent-config/json-array": ["c7.json:1:1: expected an object, got a list"],
  "agent-config/bool-string": [
    'c10.json:1:23: leave_on_terminate: expected true or false, got "true"',
  ],
  "agent-config/tags-nonstring": ["c12.json:1:14: tags.a: expected a text, got 1"],
  "agent-config/dir-bad-file": ["cd2/x.json:1:2: unexpected EOF"],
  "agent-signals/sighup-bad-file": [
    "s4.json:1:2: invalid character 'n' looking for beginning of object key string",
  ],
  "agent-signals/sighup-bad-handler": [
    "s6.json:1:20: event_handlers: Invalid event script: Event 'bogus' invoking 'x'",
  ],
};

/** The commands of ours that Serf does not have. */
const newCommands = ["completion", "doctor", "help", "man", "metrics", "replay", "simulate", "why"];

/** Everything that is different with ours. */
export const ourDifferences: readonly Difference[] = [
  ...mannerDifferences,
  ...versionChanges.filter(({ ours }) => ours).map(({ where, adapt }) => (
    { where, adapt, reason: reasons.later }
  )),
  {
    where: ["toplevel/*"],
    reason: reasons.version,
    adapt: replace("0.8.2-dev", VERSION),
  },
  {
    where: ["info/*", "keys/info-encrypted", "monitor-events/info-unnamed-filters"],
    reason: reasons.version,
    adapt: replace("go1.19.8", `deno${Deno.version.deno}`),
  },
  {
    where: ["event-handlers/agent-log"],
    reason: reasons.control,
    adapt: replace("bravo node\twith tab", "bravo node\\twith tab"),
  },
  {
    where: ["agent-config/validate-node-names"],
    reason: reasons.later,
    adapt: failing(
      "Starting Serf agent...",
      "Failed to start the Serf agent: Error creating Serf: Node name contains invalid characters bad name! , " +
        "Valid characters include all alpha-numerics and dashes and '.' ",
    ),
  },
  {
    where: ["help-structure/commands in order"],
    reason: reasons.commands,
    adapt: ({ stdout = "", ...rest }) => ({
      ...rest,
      stdout: [...stdout.split("\n"), ...newCommands].sort().join("\n"),
    }),
  },
  {
    where: ["toplevel/help-word"],
    reason: reasons.commands,
    adapt: () => ({ stdout: `${formatUsage(members.usage!)}\n`, stderr: "", exit: 0 }),
  },
  {
    where: ["help-structure/flags of agent"],
    reason: reasons.linger,
    adapt: (recorded) => ({
      ...recorded,
      lines: [
        ...recorded.lines ?? [],
        ...[
          "allow-cidr",
          "check-config",
          "format",
          "handler-linger",
          "label",
          "label-skip-check",
          "rpc-auth-file",
        ],
        ...["http-addr", "http-token-file", "rpc-tls-ca", "rpc-tls-cert", "rpc-tls-key"],
        ...["log-file", "log-format", "log-rotate-bytes", "log-rotate-max-files"],
        ...["record", "record-bytes", "record-payloads"],
      ],
    }),
  },
  {
    where: [...rpcCommands, "keygen"]
      .filter((name) => !["info", "members", "query"].includes(name))
      .map((name) => `help-structure/flags of ${name}`),
    reason: reasons.format,
    adapt: ({ lines = [], ...rest }) => ({ ...rest, lines: [...lines, "format"] }),
  },
  {
    where: ["help-structure/flags of members"],
    reason: reasons.watch,
    adapt: ({ lines = [], ...rest }) => ({ ...rest, lines: [...lines, "watch", "no-color"] }),
  },
  {
    where: rpcCommands.map((name) => `help-structure/flags of ${name}`),
    reason: reasons.rpc,
    adapt: ({ lines = [], ...rest }) => ({
      ...rest,
      lines: [
        ...lines,
        "rpc-auth-file",
        ...["rpc-tls-ca", "rpc-tls-cert", "rpc-tls-key", "rpc-tls-server-name"],
      ],
    }),
  },
  {
    where: rpcCommands.map((name) => `help-structure/flags of ${name}`),
    reason: reasons.timeout,
    adapt: ({ lines = [], ...rest }) => ({ ...rest, lines: [...lines, "rpc-timeout"] }),
  },
  {
    where: ["reachability/one-verbose", "reachability/two-verbose"],
    reason: reasons.queryEnd,
    adapt: replace("Query time: 3.20 sec", "Query time: LESS"),
  },
  {
    // The interrupt comes before the end of the query, or after it.
    where: ["query/sigint"],
    reason: reasons.queryEnd,
    sometimes: true,
    adapt: (recorded) => ({
      ...recorded,
      stdout: `${recorded.stdout}Total Acks: 1\nTotal Responses: 1\n`,
      exit: 0,
    }),
  },
  {
    where: ["reachability/sigint"],
    reason: reasons.queryEnd,
    sometimes: true,
    adapt: ({ stdout = "", ...rest }) => ({
      ...rest,
      stdout: stdout.replace("Test interrupted", "Successfully contacted all live nodes"),
      exit: 0,
    }),
  },
  {
    where: ["monitor/info-default"],
    reason: reasons.tagChange,
    adapt: replace(/^Event Info:\n\tEvent: "member-update"\n.*\n/gm, ""),
  },
  {
    where: ["auth/agent-log"],
    reason: reasons.log,
    adapt: replace(/^(.*Client sending commands before auth\n)(.*before auth\n)/gm, "$1"),
  },
  {
    where: ["auth/agent-log"],
    reason: reasons.authentication,
    adapt: ({ stdout = "", ...rest }) => {
      // Clients without a line of their own: the one that waits for the agent, one with a wrong token, two with the right
      // one, and again one with a wrong one.
      let silent = 0;
      const logged = stdout.replaceAll(
        /^( *\S+ \S+ )\[INFO\] agent\.ipc: Accepted client: (\S+)\n(?=.*Accepted client)/gm,
        (line, time, client) => {
          silent++;
          if (silent !== 2 && silent !== 5) return line;
          return `${line}${time}[WARN] agent.ipc: Failed authentication from client: ${client}\n`;
        },
      );
      return { ...rest, stdout: logged };
    },
  },
  {
    where: ["monitor/lowercase-debug"],
    reason: reasons.log,
    adapt: replace(/^.* memberlist: TCP-first lookup failed .*\n/gm, ""),
  },
  {
    where: ["metrics/*", "agent-signals/sigusr1"],
    reason: reasons.runtime,
    adapt: (recorded) => ({
      ...recorded,
      stderr: recorded.stderr?.replaceAll(/^.*\.runtime\.(?!alloc_bytes|sys_bytes).*\n/gm, ""),
      lines: recorded.lines?.filter((name) => !/runtime\.(?!alloc_bytes|sys_bytes)/.test(name)),
    }),
  },
  {
    where: ["agent-config/statsd-bad"],
    reason: reasons.sinks,
    adapt: failing("Failed to start statsd sink. Got: address nonsense: missing port in address"),
  },
  {
    where: ["agent-config/statsite-bad"],
    reason: reasons.sinks,
    adapt: replace(
      "==> Caught signal",
      "    2026/01/01 00:00:00 [ERR] agent: Error sending metrics to statsite: " +
        "dial tcp 127.0.0.1:1: connect: connection refused\n==> Caught signal",
    ),
  },
  {
    where: ["event-handlers/agent-log"],
    reason: reasons.handlers,
    adapt: replace(
      /^(.*)\[INFO\] agent: Serf agent starting\n/gm,
      "$1[WARN] agent: Event handler 'no_such_command_x' cannot run: no_such_command_x: not found\n$&",
    ),
  },
  {
    where: ["monitor/info-default", "monitor/lowercase-debug", "monitor/remote-ended"],
    reason: reasons.failures,
    adapt: replace(
      /^(.*)\[ERR\] agent: Error invoking script 'echo bad; exit 3': exit status 3\n/gm,
      "$&$1[WARN] agent: No response to query 'fail': event handler failed: exit status 3\n",
    ),
  },
  {
    where: ["query/handler-fails"],
    reason: reasons.failures,
    adapt: hinting("No response from 'alpha': event handler failed: exit status 3"),
  },
  {
    where: ["query/handler-too-big"],
    reason: reasons.failures,
    adapt: hinting("No response from 'alpha': response exceeds limit of 1024 bytes"),
  },
  ...Object.entries(places).map(([where, lines]) => (
    { where: [where], reason: reasons.places, adapt: hinting(...lines) }
  )),
  {
    where: ["no-agent/addr-bad-host"],
    reason: reasons.nameServer,
    adapt: replace(/ on RESOLVER:53/g, ""),
  },
];
