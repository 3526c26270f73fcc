/**
 * `serf why`, which the original Serf does not have: why a member was suspected or declared failed.
 *
 * @module
 */

import type { ClusterExplanation, ExplainedView } from "../../api/why/compare.ts";
import { tellStory } from "../../api/why/story.ts";
import { duration } from "../../api/why/wording.ts";
import { RpcError } from "../../base/errors.ts";
import { escapeControls } from "../../go/escape_controls.ts";
import type { JsonValue } from "../../go/format_json.ts";
import { explain, explainByAll } from "../../rpc/client/requests.ts";
import { RpcFailure } from "../../rpc/protocol.ts";
import { CommandFailure, refuseArguments, UsageFailure } from "../command.ts";
import { formatColumns } from "../output.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Tells why a member is in its state. */
export const why = rpcCommand({
  line: "serf why [options] node",
  description:
    "Tells why a member is in its state: what the agent has seen and heard of it in its last trouble, in the order of time, and the most likely cause. For the agent's own node it tells what others said of it, and how it was itself.\n\n" +
    "With -all, the agent asks all members how they see it and names where they disagree, which takes a few seconds. The original Serf does not have this command, and its agents have nothing to tell.",
  flags: {
    all: { kind: "bool", help: "Asks all members and compares what they see." },
  },
  async run({ flags: { all }, positionals: [node, ...others], print, connect }) {
    if (node === undefined) throw new UsageFailure("a node name must be specified");
    refuseArguments(others);
    await using channel = await connect();
    const explanation = await told(all ? explainByAll(channel, node) : explain(channel, node));
    print({
      text: () =>
        [...tellStory(explanation), ...clusterLines(explanation)].map(escapeControls).join("\n"),
      // The agent sends JSON.
      json: () => explanation as unknown as JsonValue,
    });
  },
});

async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    throw new CommandFailure(`Error asking why: ${error.message}`, {
      hint: error.message === RpcFailure.unsupportedCommand
        ? "The agent is one of the original Serf, or an older one: it keeps no evidence."
        : undefined,
    });
  }
}

function clusterLines(explanation: object): string[] {
  if (!("cluster" in explanation)) return [];
  const { views, cluster } = explanation as ClusterExplanation;
  return [
    ...["", "As all members see it:", ""],
    ...formatColumns([VIEW_COLUMNS, ...views.map(viewRow)]).split("\n"),
    ...(cluster.findings.length > 0 ? ["", ...cluster.findings.map((line) => `- ${line}`)] : []),
    ...["", `Conclusion of all: ${cluster.text}`],
  ];
}

const VIEW_COLUMNS = "Seen by|State|Last answer|Unanswered|Cause";

function viewRow(view: ExplainedView): string {
  const { observer, isSelf, state, answeredAgoMs, unanswered, helped, streamOnly, cause } = view;
  const answer = isSelf ? "-" : answeredAgoMs < 0 ? "never" : `${duration(answeredAgoMs)} ago`;
  const notes = [
    ...(helped > 0 ? [`${helped} by others`] : []),
    ...(streamOnly > 0 ? [`${streamOnly} by TCP`] : []),
  ];
  const count = isSelf ? "-" : [`${unanswered}`, ...notes].join(", ");
  return [isSelf ? `${observer} (itself)` : observer, state, answer, count, cause]
    .map((cell) => cell.replaceAll("|", "/")).join("|");
}
