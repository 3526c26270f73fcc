/** What our command line adds to what was recorded, or refuses, for people who mistype. */

import { event } from "../../../lib/cli/commands/event.ts";
import { query } from "../../../lib/cli/commands/query.ts";
import { hintFor } from "../../../lib/cli/report_failure.ts";
import { formatUsage } from "../../../lib/cli/usage.ts";
import type { RpcClient } from "../../../lib/rpc/client/client.ts";
import { type Difference, replace } from "./difference.ts";
import type { Observation } from "./recording.ts";

const reasons = {
  hints: "Commands that fail say on standard error what may help",
  usage: "A wrong flag is named last, below a short usage",
  surplus: "Arguments that a command does not take are refused",
  refused: "An event or a query without a name and a query with a negative timeout are refused",
  expression: "A wrong expression of `members` is named",
  noMembers: "Without a match, `members` in JSON is `[]`",
};

/** What our command line refuses, sent in another way: what was recorded later depends on it. */
export const refusedRequests: ReadonlyMap<string, (agent: RpcClient) => Promise<unknown>> = new Map(
  [
    ["tags/positional-ignored", (agent: RpcClient) => agent.updateTags({ set: { p: "1" } })],
    ["event/empty-name", (agent: RpcClient) => agent.userEvent("", null, { coalesce: true })],
    ["query/empty-name", (agent: RpcClient) => askInVain(agent, "", 1_000)],
    ["query/negative-timeout", (agent: RpcClient) => askInVain(agent, "load", -1_000)],
  ],
);

async function askInVain(agent: RpcClient, name: string, timeoutMs: number): Promise<void> {
  await (await agent.query(name, null, { timeoutMs, requestAck: true })).collect();
}

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
  ...[
    ["members/bad-format", "json, ndjson"],
    ["members/format-json-uppercase", "json, ndjson"],
    ["info/bad-format", "json"],
    ["query/bad-format", "json, ndjson"],
  ].map(([key, others]): Difference => ({
    where: [key],
    reason: reasons.hints,
    adapt: (recorded) => ({ ...recorded, stderr: `-format is one of text, ${others}.\n` }),
  })),
  ...[
    ["missing-args/tags-none", "Nothing to do: give -set or -delete."],
    ["missing-args/keys-none", "Nothing to do: give one of -install, -use, -remove and -list."],
    ["force-leave/unknown-node", "The agent knows no member with the name nobody."],
    ["force-leave/prune-unknown", "The agent knows no member with the name nobody."],
  ].map(([key, hint]): Difference => ({
    where: [key],
    reason: reasons.hints,
    adapt: (recorded) => ({ ...recorded, stderr: `${hint}\n` }),
  })),
  ...([["event", event, "An event name"], ["query", query, "A query name"]] as const).map((
    [name, { usage }, what],
  ): Difference => ({
    where: [`${name}/empty-name`],
    reason: reasons.refused,
    adapt: () => ({
      stdout: `${what} must be specified.\n\n${formatUsage(usage!)}\n`,
      stderr: "",
      exit: 1,
    }),
  })),
  {
    where: ["query/negative-timeout"],
    reason: reasons.refused,
    adapt: () => ({ stdout: "Timeout must not be negative\n", stderr: "", exit: 1 }),
  },
  {
    where: ["members/bad-regex"],
    reason: reasons.expression,
    adapt: replace(
      "client closed",
      "the expression of -name is wrong: error parsing regexp: missing closing ]: `[`",
    ),
  },
  {
    where: ["members/status-no-match-json", "members/failed-only"],
    reason: reasons.noMembers,
    adapt: replace('"members": null', '"members": []'),
  },
  {
    where: ["flag-syntax/keygen-ignores-flags"],
    reason: reasons.usage,
    adapt: () => usage("keygen", "flag provided but not defined: -zzz"),
  },
  {
    where: ["toplevel/version-extra-args"],
    reason: reasons.surplus,
    adapt: () => ({
      stdout: "Usage: serf version [-format=text|json]\n\n",
      stderr: "unexpected argument: a\n",
      exit: 1,
    }),
  },
  refusal("members", "extra-args-ignored", ["members", "foo"]),
  refusal("missing-args", "keys-extra-positional", ["keys", "foo"]),
  refusal("tags", "positional-ignored", ["tags", "zzz"]),
  refusal("agent-startup", "positional-args-ignored", ["agent", "foo"]),
];
