/**
 * Why members are failed or suspected, by the evidence of the agent: what `serf why` says, and what to do about it.
 *
 * @module
 */

import type { Cause } from "../../../api/why/diagnosis.ts";
import type { Explanation } from "../../../api/why/story.ts";
import { type AgentFacts, isReached } from "../facts.ts";
import { countOf, type Finding } from "../finding.ts";

/** An agent that stood still longer ago may be well by now, milliseconds. */
const RECENT_MS = 600_000;

const OVERLOADED =
  "Give it processor time: is its machine overloaded, does it swap, or was the process stopped?";
const OBSERVER = "This agent is the one in trouble, and may be wrong about others. ";
const ASK_ALL = "Ask all members: serf why -all with this name.";

/** How bad a cause is, and what to do about it. Causes that are no trouble are not here. */
const ADVICE: Readonly<Partial<Record<Cause, readonly [Finding["status"], string]>>> = {
  "name-conflict": [
    "fail",
    "Names must be unique: give one of them another -node.",
  ],
  "wrong-address": [
    "fail",
    "Set -advertise there to the address under which others reach it.",
  ],
  "process-ended": ["fail", "Start its agent again, and see the end of its log."],
  "process-frozen": ["fail", OVERLOADED],
  "host-unreachable": ["fail", "Is its host up? If so, the network to it is at fault."],
  "udp-blocked": [
    "fail",
    "Let UDP packets to and from its port pass, in both directions.",
  ],
  "one-way-loss": [
    "fail",
    "Look at firewalls and routes from here to it, and not only at those back.",
  ],
  "link": ["fail", "Look at firewalls and routes between it and this machine."],
  "slow": ["warn", OVERLOADED],
  "observer-stalled": ["warn", OBSERVER + OVERLOADED],
  "observer-cut-off": ["warn", `${OBSERVER}Look at its network.`],
  "reported": ["warn", ASK_ALL],
  "unexplained": ["warn", ASK_ALL],
  "self-stalled": ["warn", OBSERVER + OVERLOADED],
  "self-suspected": ["warn", ASK_ALL],
};

/** The causes, where the agent keeps evidence. */
export function checkWhy({ explanations, probes }: AgentFacts): Finding[] {
  if (explanations === undefined) return [];
  const reached = new Map(probes.map((probe) => [probe.member, isReached(probe)]));
  const findings = explanations
    .filter((explanation) => isInTrouble(explanation, reached.get(explanation.node) ?? true))
    .flatMap(({ node, observer, conclusion: { cause, text } }): Finding[] => {
      const [status, advice] = ADVICE[cause] ?? [];
      if (status === undefined || advice === undefined) return [];
      const who = node === observer ? `this agent, ${node}` : node;
      return [{ status, seen: `${who}: ${text}`, advice }];
    });
  if (findings.length > 0) return findings;
  const others = countOf(explanations.length - 1, "other member");
  return [{ status: "ok", seen: `asked about ${others}: none is failed or suspected` }];
}

function isInTrouble(
  { node, observer, status, suspect, timeMs, entries }: Explanation,
  reached: boolean,
): boolean {
  if (node === observer) return entries.some(({ lastMs }) => timeMs - lastMs <= RECENT_MS);
  return status === "failed" || suspect || !reached;
}
