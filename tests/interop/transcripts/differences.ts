/** Where we say something else than the reference, and why. */

import { VERSION } from "../../../lib/cli/version.ts";
import { entryOf, type Observation } from "./recording.ts";

/** One reason for which outputs differ. */
export interface Difference {
  /** Entries as `file/name`; `*` stands for anything. */
  readonly where: readonly string[];
  /** One sentence for users. */
  readonly reason: string;
  /** Turns what was recorded into what we do. Whatever it leaves as it is must be the same. */
  readonly adapt: (recorded: Observation) => Observation;
}

/** Replaces something in the texts of an observation. */
function replace(pattern: string | RegExp, by: string): Difference["adapt"] {
  return (recorded) => ({
    ...recorded,
    stdout: recorded.stdout?.replaceAll(pattern, by),
    stderr: recorded.stderr?.replaceAll(pattern, by),
  });
}

/** What an agent says that has started well and still runs. */
function running(): Observation {
  const { stdout } = entryOf("agent-startup", "plain").recorded;
  return { stdout: stdout?.replace(/==> Caught signal[^]*/, ""), stderr: "", exit: null };
}

/** Everything that is different. */
export const differences: readonly Difference[] = [
  {
    where: ["toplevel/*"],
    reason: "the version is our own",
    adapt: replace("0.8.2-dev", VERSION),
  },
  {
    where: ["info/*", "keys/info-encrypted", "monitor-events/info-unnamed-filters"],
    reason: "`info` names the runtime of the agent: Deno instead of Go",
    adapt: replace("go1.19.8", `deno${Deno.version.deno}`),
  },
  {
    where: ["keys/*"],
    reason: "a keyring's errors begin with a small letter, as in later versions",
    adapt: replace(/\b(R)(?=emoving the primary key|equested key is not)/g, "r"),
  },
  {
    where: ["agent-conflict/loser"],
    reason: "the spelling `quiting` is that of upstream",
    adapt: replace("resolution, quitting", "resolution, quiting"),
  },
  {
    where: ["auth/agent-log"],
    reason: "a command that comes before the token is refused once, and not again for its body",
    adapt: replace(/^(.*Client sending commands before auth\n)(.*before auth\n)/gm, "$1"),
  },
  {
    where: ["monitor/lowercase-debug"],
    reason: "names are resolved by the system, whose exchanges with name servers are not logged",
    adapt: replace(/^.* memberlist: TCP-first lookup failed .*\n/gm, ""),
  },
  {
    where: ["monitor/info-default"],
    reason: "a member's change of tags is one event, which later events do not repeat",
    adapt: replace(/^Event Info:\n\tEvent: "member-update"\n.*\n/gm, ""),
  },
  {
    where: ["monitor/*"],
    reason: "answers to a client that has gone are dropped without a log line",
    adapt: replace(/^.* Failed to stream ack .*\n/gm, ""),
  },
  {
    where: ["reachability/one-verbose", "reachability/two-verbose"],
    reason:
      "a query is over when all members that were asked have answered, not only at its timeout",
    adapt: replace("Query time: 3.20 sec", "Query time: LESS"),
  },
  {
    where: ["no-agent/addr-bad-host"],
    reason: "commands do not say which name server could not resolve the address of the agent",
    adapt: replace(/ on RESOLVER:53/g, ""),
  },
  {
    where: ["agent-config/mdns-key"],
    reason: "the key `mdns` came with a later version",
    adapt: running,
  },
  {
    where: ["metrics/*", "agent-signals/sigusr1"],
    reason:
      "of the figures of Go's runtime there are `runtime.alloc_bytes` and `runtime.sys_bytes`",
    adapt: (recorded) => ({
      ...recorded,
      stderr: recorded.stderr?.replaceAll(/^.*\.runtime\.(?!alloc_bytes|sys_bytes).*\n/gm, ""),
      lines: recorded.lines?.filter((name) => !/runtime\.(?!alloc_bytes|sys_bytes)/.test(name)),
    }),
  },
  {
    where: ["agent-signals/sigusr1"],
    reason: "SIGUSR1 also opens the debugger of Deno, which says so",
    adapt: (recorded) => ({ ...recorded, stderr: `${recorded.stderr}Debugger\n` }),
  },
  {
    where: ["agent-config/statsd-bad"],
    reason: "an address of statsd without a port is refused instead of passed over",
    adapt: () => ({
      stdout: "==> Failed to start statsd sink. Got: address nonsense: missing port in address\n",
      stderr: "",
      exit: 1,
    }),
  },
  {
    where: ["agent-config/statsite-bad"],
    reason: "figures that cannot be sent are reported in the log, once",
    adapt: replace(
      "==> Caught signal",
      "    2026/01/01 00:00:00 [ERR] agent: Error sending metrics to statsite: " +
        "dial tcp 127.0.0.1:1: connect: connection refused\n==> Caught signal",
    ),
  },
  {
    where: ["agent-startup/mdns-bad-combo-unknown-flag"],
    reason: "the flag `-mdns-iface` came with a later version",
    adapt: () => ({
      stdout: "==> mDNS interface specified without enabling mDNS discovery\n",
      stderr: "",
      exit: 1,
    }),
  },
  {
    where: ["agent-config/validate-node-names"],
    reason: "the key `validate_node_names` came with a later version",
    adapt: () => ({
      stdout: "==> Starting Serf agent...\n==> Failed to start the Serf agent: " +
        "Error creating Serf: Node name contains invalid characters bad name! , " +
        "Valid characters include all alpha-numerics and dashes and '.' \n",
      stderr: "",
      exit: 1,
    }),
  },
];
