/** What our command line adds to what was recorded, or refuses, for people who mistype. */

import { hintFor } from "../../../lib/cli/report_failure.ts";
import type { RpcClient } from "../../../lib/rpc/client/client.ts";
import type { Difference } from "./difference.ts";
import type { Observation } from "./recording.ts";

const reasons = {
  hints: "Commands that fail say on standard error what may help",
  usage: "A wrong flag is named last, below a short usage",
  surplus: "Arguments that a command does not take are refused",
};

/** What our command line refuses, sent in another way: what was recorded later depends on it. */
export const refusedRequests: ReadonlyMap<string, (agent: RpcClient) => Promise<unknown>> = new Map(
  [
    ["tags/positional-ignored", (agent: RpcClient) => agent.updateTags({ set: { p: "1" } })],
  ],
);

/** What stands in the place of help and a command's own work: its usage, and what is wrong. */
function usage(command: string, mistake: string): Observation {
  return {
    stdout: `Usage: serf ${command} [options]\nFor its options: serf ${command} -help\n\n`,
    stderr: `${mistake}\n`,
    exit: 1,
  };
}

function refusal(file: string, name: string, [command, argument]: readonly [string, string]) {
  const adapt = () => usage(command, `unexpected argument: ${argument}`);
  return { where: [`${file}/${name}`], reason: reasons.surplus, adapt };
}

/** Differences in the manners of the command line. */
export const mannerDifferences: readonly Difference[] = [
  {
    where: ["*"],
    reason: reasons.hints,
    adapt(recorded) {
      const line = recorded.stdout?.trimEnd().split("\n").at(-1)?.replace("==> ", "") ?? "";
      const hint = recorded.exit === 1 ? hintFor(line) : undefined;
      return hint === undefined ? recorded : { ...recorded, stderr: `${recorded.stderr}${hint}\n` };
    },
  },
  ...[["unknown-command", "bogus"], ["unknown-command-help", "bogus"]]
    .map(([name, command]): Difference => ({
      where: [`toplevel/${name}`],
      reason: reasons.hints,
      adapt: ({ stderr, ...rest }) => ({
        ...rest,
        stderr: `${stderr}Unknown command: ${command}\n`,
      }),
    })),
  {
    where: [
      "flag-syntax/*",
      "agent-startup/unknown-flag",
      "agent-startup/mdns-bad-combo-unknown-flag",
    ],
    reason: reasons.usage,
    adapt(recorded) {
      const [, line, command] = /^(?:==> )?(Usage: serf ([\w-]+) .*)/.exec(recorded.stdout ?? "") ??
        [];
      if (line === undefined || recorded.stderr === "") return recorded;
      return { ...recorded, stdout: `${line}\nFor its options: serf ${command} -help\n\n` };
    },
  },
  refusal("members", "extra-args-ignored", ["members", "foo"]),
  refusal("missing-args", "keys-extra-positional", ["keys", "foo"]),
  refusal("tags", "positional-ignored", ["tags", "zzz"]),
  refusal("agent-startup", "positional-args-ignored", ["agent", "foo"]),
];
