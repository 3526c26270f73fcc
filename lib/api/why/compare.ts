/**
 * The views of several members side by side: who reaches the member in question and who does not, and what that means.
 *
 * @module
 */

import { type Cause, causeOf } from "./diagnosis.ts";
import type { Conclusion, Explanation } from "./story.ts";
import { isBack, type MemberView, viewOf } from "./view.ts";
import { causeText, duration, list } from "./wording.ts";

/** What the members of a cluster say about one of them. */
export interface ClusterExplanation extends Explanation {
  /** Of every member that told its view, the asking one first. */
  readonly views: readonly ExplainedView[];
  /** The members that got the question but tell nothing: agents of Serf, or older ones. */
  readonly silent: readonly string[];
  /** The members that should have got the question, and did not answer. */
  readonly missing: readonly string[];
  /** What all of it comes to. */
  readonly cluster: ClusterConclusion;
}

/** A view, and what is the cause by that alone. */
export interface ExplainedView extends MemberView {
  /** The cause as this member sees it. */
  readonly cause: Cause;
}

/** What the views of all members come to. */
export interface ClusterConclusion extends Conclusion {
  /** Who sees what, where members do not agree, a line each. */
  readonly findings: readonly string[];
}

/** Who answered the question about a member. */
export interface Answers {
  /** What they see. */
  readonly views: readonly MemberView[];
  /** Who acknowledged the question and told nothing. */
  readonly silent: readonly string[];
  /** Who did not even do that. */
  readonly missing: readonly string[];
}

/** Of causes that some see and others do not, the first one counts: it is the harder evidence. */
const BY_EVIDENCE: readonly Cause[] = [
  "name-conflict",
  "wrong-address",
  "process-ended",
  "process-frozen",
  "udp-blocked",
  "host-unreachable",
  "one-way-loss",
  "link",
  "slow",
];

/** What some see of a member that others reach, or that answers the question itself, does not concern it alone. */
const PAIRWISE: readonly Cause[] = [
  "udp-blocked",
  "one-way-loss",
  "link",
  "host-unreachable",
  "slow",
];

/** What others see of a member that stood still, if that is what they see. */
const STALL_EFFECTS: readonly Cause[] = ["process-frozen", "slow", "host-unreachable"];

/** Adds to an explanation what the others say. */
export function compareViews(
  explanation: Explanation,
  { views, silent, missing }: Answers,
): ClusterExplanation {
  const explained = [viewOf(explanation), ...views].map((view) => ({
    ...view,
    cause: causeOf(view),
  }));
  const { node } = explanation;
  const cause = commonCause(explained);
  const findings = findingsOf(node, explained, { silent, missing });
  const text = textOf(cause, node, explained);
  return { ...explanation, views: explained, silent, missing, cluster: { cause, text, findings } };
}

function commonCause(views: readonly ExplainedView[]): Cause {
  const self = views.find(({ isSelf }) => isSelf);
  const others = views.filter(({ isSelf }) => !isSelf);
  const seen = new Set(others.map(({ cause }) => cause));
  const firsthand = BY_EVIDENCE.filter((cause) => seen.has(cause));
  if (views.some(({ cause }) => cause === "name-conflict")) return "name-conflict";
  if (seen.has("wrong-address")) return "wrong-address";
  if (self?.cause === "self-stalled" && STALL_EFFECTS.some((cause) => seen.has(cause))) {
    return "self-stalled";
  }
  if (firsthand.length > 0) {
    const isReached = others.some(reaches);
    return firsthand.find((cause) => isReached && PAIRWISE.includes(cause)) ?? firsthand[0];
  }
  const [{ cause: askers }] = views;
  if (askers === "observer-stalled" || askers === "observer-cut-off") return askers;
  if (seen.has("left")) return "left";
  if (self !== undefined && self.accusedBy.length > 0) return self.cause;
  if (seen.has("healthy") || self !== undefined) return "healthy";
  return seen.has("reported") ? "reported" : "unexplained";
}

function textOf(cause: Cause, node: string, views: readonly ExplainedView[]): string {
  const seers = views.filter((view) => view.cause === cause);
  const [view = views[0]] = seers;
  if (cause === "reported") {
    const tellers = new Set(seers.map(({ toldBy }) => toldBy));
    return `Nobody who tells has probed it meanwhile. See the logs of ${list([...tellers])}.`;
  }
  const text = causeText(cause, node, view, seers.map(({ observer }) => observer));
  const others = views.filter(({ isSelf }) => !isSelf);
  const reaching = others.filter(reaches);
  const failing = others.filter(hasProblem);
  if (reaching.length === 0 || failing.length === 0) return text;
  return `${text} ${reaching.length} of ${others.length} members reach it.`;
}

/** Whether a member gets answers from it now. */
function reaches({ isSelf, answeredAgoMs, latestAgoMs, state }: ExplainedView): boolean {
  if (isSelf || answeredAgoMs < 0 || state !== "alive") return false;
  return latestAgoMs < 0 || answeredAgoMs < latestAgoMs;
}

function hasProblem(view: ExplainedView): boolean {
  if (isBack(view) && view.streamOnly + view.helped === 0) return false;
  return BY_EVIDENCE.includes(view.cause) && !reaches(view);
}

function findingsOf(
  node: string,
  views: readonly ExplainedView[],
  { silent, missing }: Pick<Answers, "silent" | "missing">,
): string[] {
  const self = views.find(({ isSelf }) => isSelf);
  const others = views.filter(({ isSelf }) => !isSelf);
  const named = (label: string, some: readonly ExplainedView[]) =>
    some.length === 0 ? [] : [`${label}: ${list(some.map(({ observer }) => observer))}`];
  const failing = others.filter(hasProblem);
  const addresses = new Set(views.map(({ address }) => address).filter((text) => text !== ""));
  return [
    ...named("reach it", others.filter(reaches)),
    ...named(
      "do not reach it",
      failing.filter(({ streamOnly, helped }) => streamOnly === 0 && helped === 0),
    ),
    ...named("reach it by TCP only", failing.filter(({ streamOnly }) => streamOnly > 0)),
    ...named("reach it only by way of others", failing.filter(({ helped }) => helped > 0)),
    ...named("get no answers, but hear its pings", failing.filter(({ pings }) => pings > 0)),
    ...named("were only told", others.filter(({ cause }) => cause === "reported")),
    ...others.filter(({ stalledMs }) => stalledMs > 0).map(({ observer, stalledMs }) =>
      `${observer} itself stood still, ${duration(stalledMs)} in all`
    ),
    ...(self === undefined ? [] : selfFindings(node, self)),
    ...(addresses.size > 1 ? [`it is known at different addresses: ${list([...addresses])}`] : []),
    ...(silent.length > 0 ? [`got the question but keep no evidence: ${list(silent)}`] : []),
    ...(missing.length > 0 ? [`did not answer: ${list(missing)}`] : []),
  ];
}

function selfFindings(node: string, self: ExplainedView): string[] {
  const { stalledMs, othersFailing, othersHeard, othersByTcp } = self;
  const unheard = othersFailing.filter((name) => !othersHeard.includes(name));
  return [
    `${node} itself answered: it runs`,
    ...(stalledMs > 0 ? [`${node} itself stood still, ${duration(stalledMs)} in all`] : []),
    ...(unheard.length > 0 ? [`${node} itself gets no answers from ${list(unheard)}`] : []),
    ...(othersHeard.length > 0
      ? [`${node} itself hears ${list(othersHeard)}, but gets no answers from there`]
      : []),
    ...(othersByTcp.length > 0 ? [`${node} itself reaches ${list(othersByTcp)} by TCP only`] : []),
  ];
}
