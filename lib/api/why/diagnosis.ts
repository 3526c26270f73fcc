/**
 * What the evidence means: the most likely cause of a member's state, as one member sees it.
 *
 * @module
 */

import type { StreamOutcome } from "./evidence.ts";
import { isUnprobed, type MemberView } from "./view.ts";

/** What is wrong with a member, or with whoever observes it. `wording.ts` says what each means. */
export type Cause =
  | "healthy"
  | "left"
  | "name-conflict"
  | "wrong-address"
  | "process-ended"
  | "process-frozen"
  | "host-unreachable"
  | "udp-blocked"
  | "one-way-loss"
  | "link"
  | "slow"
  | "observer-stalled"
  | "observer-cut-off"
  | "reported"
  | "self-stalled"
  | "self-cut-off"
  | "self-without-udp"
  | "self-suspected"
  | "unexplained";

/** How long a process must have stood still to explain missed answers, milliseconds: as long as a ping may take on a LAN. */
const TELLING_STALL_MS = 500;

/** A member that is suspected and refutes so often is too slow, or packets get lost; either way it lives. */
const TELLING_REFUTATIONS = 3;

/** What tells by itself why a member does not take a stream. */
const TELLING_STREAMS: readonly StreamOutcome[] = ["refused", "silent", "unreachable"];

/** The most likely cause of what a member sees. */
export function causeOf(view: MemberView): Cause {
  return view.isSelf ? causeAtSelf(view) : causeSeen(view);
}

function causeSeen(view: MemberView): Cause {
  if (view.conflict !== "") return "name-conflict";
  if (view.state === "left" && view.failedBy === "") return "left";
  if (view.beganAgoMs < 0) {
    if (view.stalledMs >= TELLING_STALL_MS) return "observer-stalled";
    if (isCutOff(view)) return "observer-cut-off";
    return view.state === "alive" ? "healthy" : "unexplained";
  }
  if (hasWrongAddress(view)) return "wrong-address";
  if (isUnprobed(view)) return causeOfUnprobed(view);
  if (!isCorroborated(view)) {
    if (hasMissedAnswers(view)) return "observer-stalled";
    if (isCutOff(view)) return "observer-cut-off";
  }
  const { unanswered, helped, streamOnly, stream } = view;
  if (streamOnly > 0) return "udp-blocked";
  if (view.refutations >= TELLING_REFUTATIONS || unanswered + helped === 0) return "slow";
  if (stream === "refused" && unanswered > 0) return "process-ended";
  if (stream === "silent" && unanswered > 0) return "process-frozen";
  if (stream === "answered") return causeOfHelped(view);
  if (view.pings > 0) return "one-way-loss";
  return helped > 0 ? "link" : "host-unreachable";
}

/** The observer was told. At most it has tried to reconnect to the member after that had failed. */
function causeOfUnprobed(view: MemberView): Cause {
  const { stream, answeredAgoMs, elsewhere, pings, toldBy } = view;
  if (!TELLING_STREAMS.includes(stream)) return toldBy === "" ? "unexplained" : "reported";
  if (elsewhere !== "" && answeredAgoMs < 0) return "wrong-address";
  if (stream === "refused") return "process-ended";
  if (stream === "silent") return "process-frozen";
  if (isCutOff(view)) return "observer-cut-off";
  return pings > 0 ? "one-way-loss" : "host-unreachable";
}

/** TCP got through, and so did the datagrams of helpers. Once, that may be the end of a trouble that others saw. */
function causeOfHelped({ helped, late, unanswered, toldBy }: MemberView): Cause {
  if (helped > 1 && late + unanswered === 0) return "udp-blocked";
  return toldBy === "" ? "slow" : "reported";
}

function causeAtSelf(view: MemberView): Cause {
  if (view.conflict !== "") return "name-conflict";
  if (view.stalledMs >= TELLING_STALL_MS) return "self-stalled";
  if (isCutOff(view)) return view.othersByTcp.length > 0 ? "self-without-udp" : "self-cut-off";
  return view.accusedBy.length > 0 ? "self-suspected" : "healthy";
}

/** Whether none of the members that the observer has probed besides has answered. */
function isCutOff({ othersAnswering, othersFailing }: MemberView): boolean {
  return othersFailing.length > 0 && othersAnswering === 0;
}

/**
 * Nobody ever got an answer at the advertised address, yet the member lives: it pings from another one, or refutes from
 * who knows where although a host refuses connections there.
 */
function hasWrongAddress(view: MemberView): boolean {
  const { answeredAgoMs, unanswered, helped, elsewhere, refutations, stream } = view;
  if (answeredAgoMs >= 0 || helped > 0 || unanswered === 0) return false;
  return elsewhere !== "" || (refutations > 0 && stream === "refused");
}

/**
 * Whether the observer's own stalls explain all that it has missed: then it had as many, and nothing got through by other
 * ways, which it would have missed too.
 */
function hasMissedAnswers(view: MemberView): boolean {
  const { stalls, stalledMs, unanswered, helped, late, streamOnly } = view;
  return stalledMs >= TELLING_STALL_MS && stalls >= unanswered + late && helped + streamOnly === 0;
}

/** Whether anybody else has found the same. */
function isCorroborated({ observer, nacked, suspectedBy, failedBy, stream }: MemberView): boolean {
  if (nacked > 0 || stream === "refused" || stream === "silent") return true;
  return suspectedBy.some((name) => name !== observer) ||
    (failedBy !== "" && failedBy !== observer);
}
