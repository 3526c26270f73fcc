/**
 * What came after Serf 0.8.2: where Serf 0.11.0 says or does something else, and whether ours follows it. Nothing else that a
 * test expects depends on the version that it runs against.
 *
 * Each change names a recorded run that shows it. The table in README.md is made of what the programs print there.
 */

import { type Difference, failing, replace, running } from "./transcripts/difference.ts";
import type { Observation } from "./transcripts/recording.ts";

/** Where a change is to be seen. */
interface Shown {
  /** What it is about, for people. */
  readonly behaviour: string;
  /** The recorded run that shows it, as `file/name`. */
  readonly run: string;
  /** What to look at there, in any version. */
  readonly shows: RegExp;
  /** Whether ours follows the newer version. */
  readonly ours: boolean;
}

/** The same is said in other words. */
interface Wording extends Shown {
  readonly older: RegExp;
  readonly newer: string;
}

/** Something is done differently. */
interface Change extends Shown, Pick<Difference, "where" | "adapt"> {}

const wordings: readonly Wording[] = [
  {
    behaviour: "a member cannot be joined",
    run: "join/unreachable",
    shows: /\S+ to join .*/gi,
    ours: true,
    older: /(?<=\* |memberlist: )Failed to join ([\d.]+): dial tcp \1:(\d+):/g,
    newer: "failed to join $1:$2: dial tcp $1:$2:",
  },
  {
    behaviour: "a name cannot be resolved",
    run: "join/bad-addr",
    shows: /\S+ to resolve .*/gi,
    ours: true,
    older: /(?<=\* |memberlist: )Failed to resolve (?=\S+: )/g,
    newer: "failed to resolve ",
  },
  {
    behaviour: "the primary key cannot be removed",
    run: "keys/remove-primary",
    shows: /(?<=^failed: +alpha +)\S.*/gm,
    ours: true,
    older: /Removing the primary key/g,
    newer: "removing the primary key",
  },
  {
    behaviour: "a key is unknown",
    run: "keys/use-unknown",
    shows: /(?<=^failed: +alpha +)\S.*/gm,
    ours: true,
    older: /Requested key is not in the keyring/g,
    newer: "requested key is not in the keyring",
  },
  {
    behaviour: "a port is taken",
    run: "agent-startup/bind-in-use",
    shows: /(could not set up network transport): .*?(failed to start TCP listener)/gi,
    ours: true,
    older: /Could not set up network transport: (.*?: )Failed to start TCP listener/g,
    newer: "could not set up network transport: $1failed to start TCP listener",
  },
  {
    behaviour: "a name conflict is lost",
    run: "agent-conflict/loser",
    shows: /minority.*/g,
    ours: true,
    older: /resolution, quitting/g,
    newer: "resolution, quiting",
  },
  {
    behaviour: "a port has no number",
    run: "agent-startup/bind-bad-port",
    shows: /\S+ \S+ unknown port/g,
    ours: false,
    older: /address (tcp\/\w+: unknown port)/g,
    newer: "lookup $1",
  },
  {
    behaviour: "a file has unknown keys",
    run: "agent-config/unknown-key",
    shows: /(\S+ error\(s\) decoding:|decoding failed .*)\s+(.*)/g,
    ours: false,
    older: /1 error\(s\) decoding:\n\n\* '' has invalid/g,
    newer: "decoding failed due to the following error(s):\n\n'agent.Config' has invalid",
  },
  {
    behaviour: "a value in a file has the wrong type",
    run: "agent-config/wrong-type",
    shows: /(\S+ error\(s\) decoding:|decoding failed .*)\s+(.*)/g,
    ours: false,
    older: /1 error\(s\) decoding:\n\n\* ('\S+' expected type .*), value: '.*'/g,
    newer: "decoding failed due to the following error(s):\n\n$1",
  },
  {
    behaviour: "a list in a file is none",
    run: "agent-config/wrong-type-list",
    shows: /(\S+ error\(s\) decoding:|decoding failed .*)\s+(.*)/g,
    ours: false,
    older: /1 error\(s\) decoding:\n\n\* ('\S+'): source/g,
    newer: "decoding failed due to the following error(s):\n\n$1 source",
  },
  {
    behaviour: "a file is no JSON object",
    run: "agent-config/json-array",
    shows: /expected a map.*/g,
    ours: false,
    older: /'' expected a map, got '(\w+)'/g,
    newer: `'' expected a map or struct, got "$1"`,
  },
  {
    behaviour: "its own version",
    run: "toplevel/version-command",
    shows: /^\d.*/gm,
    ours: false,
    older: /^0\.8\.2-dev$/gm,
    newer: "0.10.2-dev",
  },
];

/** As the recorded run writes them: with the type behind the name, or before it. */
function laterFigures({ lines = [] }: Observation): string[] {
  const gauges = [
    "node.instances.alive",
    "node.instances.dead",
    "node.instances.left",
    "size.local",
  ]
    .map((name) => `serf-agent.HOSTNAME.memberlist.${name}`);
  const samples = ["serf-agent.memberlist.queue.broadcasts"];
  const sent = lines.some((line) => line.endsWith("|g"));
  const format = (type: string, letter: string) => (name: string) =>
    sent ? `${name}|${type}` : `${letter} ${name}`;
  return [...gauges.map(format("g", "G")), ...samples.map(format("ms", "S"))];
}

const changes: readonly Change[] = [
  {
    behaviour: "the key `mdns` in a file",
    run: "agent-config/mdns-key",
    shows: /.*(?:running|invalid).*/g,
    ours: true,
    where: ["agent-config/mdns-key"],
    adapt: running,
  },
  {
    behaviour: "the flag `-mdns-iface` without `-discover`",
    run: "agent-startup/mdns-bad-combo-unknown-flag",
    shows: /mDNS.*|Usage.*/g,
    ours: true,
    where: ["agent-startup/mdns-bad-combo-unknown-flag"],
    adapt: failing("mDNS interface specified without enabling mDNS discovery"),
  },
  {
    behaviour: "the key `validate_node_names` in a file, and a node name with a blank",
    run: "agent-config/validate-node-names",
    shows: /.*(?:running|invalid).*/g,
    ours: false,
    where: ["agent-config/validate-node-names"],
    adapt: () => {
      const { stdout, ...rest } = running();
      return { ...rest, stdout: stdout?.replaceAll("alpha", "bad name!") };
    },
  },
  {
    behaviour: "a living member is to leave and to be forgotten: what is listed then",
    run: "force-leave-3/members-after-prune-alive",
    shows: /^(\w+) .* (\w+) *$/gm,
    ours: false,
    where: [
      "force-leave-3/members-after-prune-alive",
      "force-leave-3/members-after-prune-alive-3s",
    ],
    adapt: replace(/(?=^charlie)/gm, "bravo    127.0.0.21:7946  leaving\n"),
  },
  {
    behaviour: "figures of memberlist that came later",
    run: "metrics/statsd-names",
    shows: /memberlist\.(?:node\.instances|size|queue)\..*/g,
    ours: true,
    where: ["metrics/*"],
    adapt: (recorded) => ({ ...recorded, lines: recorded.lines?.concat(laterFigures(recorded)) }),
  },
];

/** All changes. */
export const versionChanges: readonly (Shown & Pick<Difference, "where" | "adapt">)[] = [
  ...wordings.map(({ older, newer, ...shown }) => (
    { ...shown, where: ["*"], adapt: replace(older, newer) }
  )),
  ...changes,
];

/** What any version said, in the words of the newest. */
export function inNewWords(text: string): string {
  return wordings.reduce((text, { older, newer }) => text.replace(older, newer), text);
}
