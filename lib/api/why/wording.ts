/**
 * The words in which evidence and its causes are told.
 *
 * @module
 */

import type { Cause } from "./diagnosis.ts";
import type { EvidenceEntry, Observation, Origin, StreamOutcome, WhyReport } from "./evidence.ts";
import { isBack, isUnprobed, type MemberView } from "./view.ts";

/** A health score from here on is worth a word: Lifeguard's is 0 in good health, and each failed probe of ours adds to it. */
const POOR_HEALTH = 2;

/** Timers that are so late are worth a word, milliseconds. */
const NOTABLE_LAG_MS = 100;

/** What each cause means, as a sentence about `node`; `who` are the members that see it so. */
const CAUSES: Readonly<Record<Cause, (node: string, view: MemberView, who: string) => string>> = {
  "healthy": () => "There is nothing wrong.",
  "left": (node) => `${node} has left by itself.`,
  "name-conflict": (node, { address, conflict }) =>
    `Two nodes use the name ${node}, at ${address} and ${conflict}. Names must be unique.`,
  "wrong-address": (node, { address, elsewhere }) =>
    `${node} lives, but nobody reaches it at the address that it advertises, ${address}` +
    (elsewhere === "" ? "." : `; its packets come from ${elsewhere}.`),
  "process-ended": (node, view) =>
    isBack(view)
      ? `The process of ${node} had ended, or a firewall refused: its host was up and refused connections.`
      : `The process of ${node} has ended, or a firewall refuses: its host is up and refuses connections.`,
  "process-frozen": (node, view) =>
    isBack(view)
      ? `The process of ${node} stood still or got no processor time: its host accepted connections, but nobody answered.`
      : `The process of ${node} stands still or gets no processor time: its host accepts connections, but nobody answers.`,
  "host-unreachable": (node, view, who) =>
    isBack(view)
      ? `The host of ${node} was down or cut off: nothing came back to ${who}, by UDP or TCP.`
      : `The host of ${node} is down or cut off: nothing comes back to ${who}, by UDP or TCP.`,
  "udp-blocked": (node, { helped }, who) =>
    `UDP between ${who} and ${node} does not get through, although TCP does` +
    (helped > 0
      ? ", and the UDP of others."
      : ": a firewall, or a port that is open for TCP only."),
  "one-way-loss": (node, _, who) =>
    `Packets get through in one direction only: those of ${node} reach ${who}, but not the other way round.`,
  "link": (node, _, who) =>
    `The way between ${who} and ${node} is at fault: other members reach it.`,
  "slow": (node) =>
    `${node} answers, but too late or not always: it is overloaded, or the network is.`,
  "observer-stalled": (_, _view, who) =>
    `The trouble is not there: the process of ${who} stood still, so answers could not be read.`,
  "observer-cut-off": (_, _view, who) =>
    `The trouble is not there: ${who} got no answer from anybody.`,
  "reported": (_, { toldBy }, who) =>
    `${who} has not probed it meanwhile; ${toldBy} has. Ask there, or use -all.`,
  "self-stalled": (node, { stalledMs }) =>
    `The process of ${node} stood still for ${
      duration(stalledMs)
    }: it was stopped, or got no processor time.`,
  "self-cut-off": (node) => `${node} is cut off: nobody answers it.`,
  "self-without-udp": (node, { address }) =>
    `${node} gets no answers by UDP, although TCP works: a firewall, or ${address} is not where others reach it.`,
  "self-suspected": (node) =>
    `Others did not get the answers of ${node}, although it was running: ask them, or use -all.`,
  "unexplained": () => "There is no evidence left of how this came about.",
};

/** What a cause means, in a sentence or two; `who` are the members that see it so. */
export function causeText(
  cause: Cause,
  node: string,
  view: MemberView,
  who: readonly string[] = [view.observer],
): string {
  return CAUSES[cause](node, view, list(who));
}

/** What has happened, in one sentence without a full stop; `clock` writes a time. */
export function summaryText(
  { node, timeMs }: WhyReport,
  view: MemberView,
  clock: (ms: number) => string,
): string {
  const facts = [probeFacts(view), ...suspicionFacts(view)].filter((fact) => fact !== "");
  const head = headOf(node, view, (agoMs) => clock(timeMs - agoMs));
  const health = facts.length === 0 && view.stalls === 0 ? "" : `; ${healthText(view)}`;
  return (facts.length === 0 ? head : `${head}: ${facts.join(", ")}`) + health;
}

function headOf(node: string, view: MemberView, at: (agoMs: number) => string): string {
  const { state, failedAgoMs, aliveAgoMs, forced } = view;
  const failed = failedAgoMs < 0 ? "" : `failed at ${at(failedAgoMs)}`;
  if (state === "failed") return failed === "" ? `${node} has failed` : failed;
  if (state === "suspect") return `suspect since ${at(view.beganAgoMs)}`;
  if (state === "left" || state === "leaving") {
    const how = forced ? `${state} by a force-leave` : state;
    return failed === "" ? how : `${failed}, then ${how}`;
  }
  if (state === "none") {
    return failed === "" ? "no member any more" : `${failed}, no member any more`;
  }
  if (failed !== "" && aliveAgoMs >= 0) return `alive again since ${at(aliveAgoMs)}, ${failed}`;
  if (view.isSelf && view.accusedBy.length > 0) {
    return `alive; suspected by ${list(view.accusedBy)} at ${at(view.latestAgoMs)}, and refuted it`;
  }
  return "alive";
}

/** `3 of our probes unanswered by UDP and TCP, 2 of 3 helpers did not reach it either`. */
function probeFacts(view: MemberView): string {
  const { unanswered, helped, late, streamOnly, stream, asked, nacked, pings } = view;
  const facts: string[] = [];
  if (unanswered > 0) {
    const ways = stream === "untried" ? "UDP" : "UDP and TCP";
    facts.push(`${unanswered} of our probes unanswered by ${ways}${STREAM_NOTES[stream]}`);
    if (asked > 0) facts.push(`${nacked} of ${asked} helpers did not reach it either`);
  }
  if (isUnprobed(view) && stream !== "untried") {
    facts.push(`not reached when we tried to reconnect${STREAM_NOTES[stream]}`);
  }
  if (helped > 0) facts.push(`${helped} of our probes answered only by way of helpers`);
  if (streamOnly > 0) facts.push(`${streamOnly} of our probes answered by TCP and not by UDP`);
  if (late > 0) facts.push(`${late} of its answers came too late`);
  if (pings > 0) facts.push(`${pings} of its pings arrived meanwhile`);
  return facts.join(", ");
}

const STREAM_NOTES: Readonly<Record<StreamOutcome, string>> = {
  answered: "",
  refused: " (refused)",
  silent: " (accepted, no answer)",
  unreachable: "",
  failed: " (broken off)",
  open: "",
  untried: "",
};

function suspicionFacts(view: MemberView): string[] {
  const { observer, isSelf, suspectedBy, failedBy, suspectedMs, refutations } = view;
  if (isSelf) return [];
  const others = suspectedBy.filter((name) => name !== observer);
  const facts: string[] = [];
  if (others.length > 0) {
    facts.push(`suspected by ${list(others)}${view.unanswered > 0 ? " too" : ""}`);
  } else if (failedBy === observer) facts.push("suspected by nobody else");
  if (failedBy !== "" && suspectedMs > 0) facts.push(`suspect for ${duration(suspectedMs)}`);
  if (failedBy !== "" && failedBy !== observer) facts.push(`declared failed by ${failedBy}`);
  if (refutations > 0) facts.push(`refuted ${times(refutations)}`);
  return facts;
}

function healthText(
  { healthScore, lagMs, stalls, stalledMs, ...view }: MemberView,
): string {
  const problems: string[] = [];
  if (stalls > 0) {
    problems.push(`our process stood still ${times(stalls)}, ${duration(stalledMs)} in all`);
  }
  if (healthScore >= POOR_HEALTH) problems.push(`our own health was poor (score ${healthScore})`);
  if (stalls === 0 && lagMs >= NOTABLE_LAG_MS) {
    problems.push(`our timers were ${duration(lagMs)} late`);
  }
  if (view.othersFailing.length > 0) {
    problems.push(`${list(view.othersFailing)} did not answer us either`);
  }
  return problems.length === 0 ? "our own health was good" : problems.join(", ");
}

/** What an entry says, without its time. */
export function entryText(
  { what, times: n, healthScore, lagMs }: EvidenceEntry,
  observer: string,
): string {
  const notes: string[] = [];
  if (n > 1) notes.push(`${n} times`);
  if (healthScore > 0) notes.push(`our health score ${healthScore}`);
  if (lagMs >= NOTABLE_LAG_MS) notes.push(`our timers ${duration(lagMs)} late`);
  return observationText(what, observer) + (notes.length === 0 ? "" : ` [${notes.join(", ")}]`);
}

function observationText(what: Observation, observer: string): string {
  switch (what.type) {
    case "probe":
      return probeText(what);
    case "late-ack":
      return `an answer came ${duration(what.rttMs)} after our ping, when the probe was over` +
        (what.helper === "" ? "" : ` (by way of ${what.helper})`);
    case "pinged":
      return "it pinged us although it does not answer";
    case "reconnect":
      return `tried to reconnect: ${STREAM_TEXTS[what.stream]}`;
    case "suspected": {
      const { minMs, maxMs, expected } = what;
      const less = expected === 0 ? "" : `, ${duration(minMs)} once ${expected} others confirm`;
      return `suspected ${byText(what, observer)}: it has ${duration(maxMs)} to refute${less}`;
    }
    case "confirmed":
      return `suspected ${byText(what, observer)} too: ${duration(what.leftMs)} left`;
    case "failed": {
      const after = what.suspectedMs === 0
        ? ""
        : ` after ${duration(what.suspectedMs)} as a suspect`;
      return `declared failed ${byText(what, observer)}${after}`;
    }
    case "left":
      return `left${originText(what.origin)}`;
    case "alive":
      return what.was === "suspect"
        ? `refuted with incarnation ${what.incarnation}${originText(what.origin)}`
        : `back with incarnation ${what.incarnation}${originText(what.origin)}`;
    case "leave-intent":
      return what.forced ? "declared to have left by a force-leave" : "announced that it leaves";
    case "conflict":
      return `another node claims the name, at ${what.address}${originText(what.origin)}`;
    case "accused": {
      const of = what.of === "suspect" ? "suspected" : "declared failed";
      return `${of} ${byText(what, observer)}: refuted`;
    }
    case "stalled":
      return `our process stood still for ${duration(what.ms)}`;
    default:
      return what satisfies never;
  }
}

function probeText(probe: Observation & { type: "probe" }): string {
  const { outcome, tookMs, stream, helpers, nacks, helper } = probe;
  const parts: string[] = [];
  switch (outcome) {
    case "late":
      return `ping answered late, after ${duration(tookMs)}`;
    case "helped":
      parts.push(`ping unanswered, but ${helper} got an answer`);
      break;
    case "stream":
      parts.push("ping unanswered by UDP, but answered by TCP");
      break;
    case "unanswered":
      parts.push("ping unanswered");
      break;
    default:
      outcome satisfies never;
  }
  if (outcome !== "stream") parts.push(STREAM_TEXTS[stream]);
  if (outcome !== "helped" && helpers.length > 0) {
    const silent = helpers.filter((name) => !nacks.includes(name));
    if (nacks.length > 0) parts.push(`${list(nacks)} did not reach it either`);
    if (silent.length > 0) parts.push(`no word from ${list(silent)}`);
  } else if (helpers.length === 0) parts.push("nobody else to ask");
  return parts.filter((part) => part !== "").join("; ");
}

const STREAM_TEXTS: Readonly<Record<StreamOutcome, string>> = {
  answered: "TCP answered",
  refused: "TCP refused",
  silent: "TCP accepted, but no answer",
  unreachable: "no TCP connection",
  failed: "TCP connection broken off",
  open: "",
  untried: "",
};

/** Who says so, and who has told us, if that is somebody else. */
function byText(
  { by, origin }: { readonly by: string; readonly origin: Origin },
  observer: string,
): string {
  if (origin.how === "exchange") return `by ${origin.from} in a state exchange`;
  const who = by === observer ? "us" : by;
  return `by ${who}${origin.from === by ? "" : originText(origin)}`;
}

function originText({ how, from }: Origin): string {
  if (how === "own") return "";
  return how === "gossip" ? ` (told by ${from})` : ` (state exchange with ${from})`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(items: readonly string[]): string {
  if (items.length < 2) return items.join();
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** A duration to read: `0.4 ms`, `150 ms`, `3.1 s`, `90 s`. */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  return `${(ms / 1000).toFixed(ms < 60_000 ? 1 : 0)} s`;
}

function times(n: number): string {
  return n === 1 ? "once" : n === 2 ? "twice" : `${n} times`;
}
