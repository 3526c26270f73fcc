/**
 * One member's view of another: its report in figures. It is small enough to be an answer to a query, and has ages instead of
 * times, because members' clocks differ.
 *
 * @module
 */

import type { MemberStatus } from "../member.ts";
import { lastEpisode } from "./episode.ts";
import type { EvidenceEntry, Observation, Origin, StreamOutcome, WhyReport } from "./evidence.ts";

/** How many names a list in a view has at most. */
const MAX_NAMES = 4;

/** A view. Ages are milliseconds before the view was made, and -1 where there is nothing; all but states is of the last trouble. */
export interface MemberView {
  /** Who has the view. */
  readonly observer: string;
  /** Whether that is the member in question itself. */
  readonly isSelf: boolean;
  /** Serf's status, or `suspect`. `none` if it is not known any more. */
  readonly state: MemberStatus | "suspect";
  /** The advertised address. */
  readonly address: string;
  /** Age of its last punctual answer to a probe. */
  readonly answeredAgoMs: number;
  /** Age of its last ping to the observer. */
  readonly pingedAgoMs: number;
  /** Where that came from, if from another host than it advertises. */
  readonly elsewhere: string;
  /** Age of the beginning of the last trouble. */
  readonly beganAgoMs: number;
  /** Age of what was last observed of it. */
  readonly latestAgoMs: number;
  /** How many of the observer's probes were not answered at all. */
  readonly unanswered: number;
  /** How many were answered by way of helpers. */
  readonly helped: number;
  /** How many were answered late. */
  readonly late: number;
  /** How many were answered only by TCP. */
  readonly streamOnly: number;
  /** How many of its pings arrived meanwhile. */
  readonly pings: number;
  /** How the streams of the probes without answers ended, or attempts to reconnect. */
  readonly stream: StreamOutcome;
  /** How many helpers were asked in the last probe without an answer. */
  readonly asked: number;
  /** How many of them did not reach it either. */
  readonly nacked: number;
  /** Who suspected it, the first one first. */
  readonly suspectedBy: readonly string[];
  /** Who declared it failed. */
  readonly failedBy: string;
  /** How long ago. */
  readonly failedAgoMs: number;
  /** How long it was suspect before. */
  readonly suspectedMs: number;
  /** The other member that declared it failed, or suspected it first; empty if there is none. */
  readonly toldBy: string;
  /** How often it refuted a suspicion. */
  readonly refutations: number;
  /** How long ago it last did so, or came back. */
  readonly aliveAgoMs: number;
  /** Whether it was declared to have left after it had failed. */
  readonly forced: boolean;
  /** The address of another node with its name. */
  readonly conflict: string;
  /** Of oneself: by whom one was suspected. */
  readonly accusedBy: readonly string[];
  /** The health score of the observer when the trouble began. */
  readonly healthScore: number;
  /** How late its timers were, milliseconds. */
  readonly lagMs: number;
  /** How often its process stood still. */
  readonly stalls: number;
  /** For how long in all. */
  readonly stalledMs: number;
  /** How many other members have answered the observer meanwhile. */
  readonly othersAnswering: number;
  /** Who of the others has not. */
  readonly othersFailing: readonly string[];
  /** Those of them whose pings arrive. */
  readonly othersHeard: readonly string[];
  /** Those of them that answer by TCP. */
  readonly othersByTcp: readonly string[];
}

/** The view that a report gives. */
export function viewOf(report: WhyReport): MemberView {
  const { node, observer, timeMs, lastAnswer, lastPing, othersFailing } = report;
  const isSelf = node === observer;
  const episode = lastEpisode(report.entries);
  const about = episode.filter(({ what }) => what.type !== "stalled");
  const stalls = report.entries.filter(({ what }) => what.type === "stalled");
  const probes = about.filter(({ what }) => what.type === "probe");
  const lastUnanswered = probes.findLast(isProbe("unanswered"))?.what as Probe | undefined;
  const failed = about.findLast(({ what }) => what.type === "failed");
  const failure = failed?.what as Observation & { type: "failed" } | undefined;
  const alive = about.filter(({ what }) => what.type === "alive");
  const suspectors = [
    ...about.flatMap(({ what }) => what.type === "failed" ? [saidBy(what)] : []).reverse(),
    ...about.flatMap(({ what }) => suspectedBy(what)),
  ];
  const agoMs = (ms: number | undefined) => ms === undefined ? -1 : Math.max(0, timeMs - ms);
  return {
    observer,
    isSelf,
    state: report.suspect && report.status === "alive" ? "suspect" : report.status,
    address: report.address,
    answeredAgoMs: agoMs(lastAnswer?.timeMs),
    pingedAgoMs: agoMs(lastPing?.timeMs),
    elsewhere: lastPing?.elsewhere ?? "",
    beganAgoMs: agoMs(about[0]?.timeMs),
    latestAgoMs: agoMs(about.at(-1)?.lastMs),
    unanswered: count(probes.filter(isProbe("unanswered"))),
    helped: count(probes.filter(isProbe("helped"))),
    late: count(probes.filter(isProbe("late"))) +
      count(about.filter(({ what }) => what.type === "late-ack")),
    streamOnly: count(probes.filter(isProbe("stream"))),
    pings: count(about.filter(({ what }) => what.type === "pinged")),
    stream: streamOf(about.map(({ what }) => what)),
    asked: lastUnanswered?.helpers.length ?? 0,
    nacked: lastUnanswered?.nacks.length ?? 0,
    suspectedBy: names(about.flatMap(({ what }) => suspectedBy(what))),
    failedBy: failure?.by ?? "",
    failedAgoMs: agoMs(failed?.timeMs),
    suspectedMs: failure?.suspectedMs ?? 0,
    toldBy: suspectors.find((name) => name !== observer) ?? "",
    refutations: count(alive.filter(({ what }) => what.type === "alive" && what.was === "suspect")),
    aliveAgoMs: agoMs(alive.at(-1)?.lastMs),
    forced: about.some(({ what }) => what.type === "leave-intent" && what.forced),
    conflict: about.map(({ what }) => what.type === "conflict" ? what.address : "")
      .findLast((address) => address !== "") ?? "",
    accusedBy: names(
      about.flatMap(({ what }) => what.type === "accused" ? [saidBy(what)] : []),
    ),
    healthScore: (about[0] ?? report).healthScore,
    lagMs: Math.max(report.lagMs, ...about.map(({ lagMs }) => lagMs)),
    stalls: count(stalls),
    stalledMs: stalls.reduce((ms, { what }) => ms + (what.type === "stalled" ? what.ms : 0), 0),
    othersAnswering: report.othersAnswering,
    othersFailing: names(othersFailing.map(({ node }) => node)),
    othersHeard: names(othersFailing.filter(({ heard }) => heard).map(({ node }) => node)),
    othersByTcp: names(othersFailing.filter(({ byTcp }) => byTcp).map(({ node }) => node)),
  };
}

/** Whether the member has refuted or come back, and is well since. */
export function isBack({ state, aliveAgoMs }: MemberView): boolean {
  return state === "alive" && aliveAgoMs >= 0;
}

/** Whether all that the observer knows of the trouble is what it was told, and how attempts to reconnect ended. */
export function isUnprobed({ unanswered, helped, late, streamOnly }: MemberView): boolean {
  return unanswered + helped + late + streamOnly === 0;
}

type Probe = Observation & { type: "probe" };

function isProbe(outcome: Probe["outcome"]): (entry: EvidenceEntry) => boolean {
  return ({ what }) => what.type === "probe" && what.outcome === outcome;
}

function count(entries: readonly EvidenceEntry[]): number {
  return entries.reduce((n, { times }) => n + times, 0);
}

function names(all: readonly string[]): string[] {
  return [...new Set(all)].slice(0, MAX_NAMES);
}

function suspectedBy(what: Observation): string[] {
  return what.type === "suspected" || what.type === "confirmed" ? [saidBy(what)] : [];
}

/** Who suspects. In a state exchange a member tells whom it suspects, but not who else does; then it counts as the one. */
function saidBy({ by, origin }: { readonly by: string; readonly origin: Origin }): string {
  return origin.how === "exchange" ? origin.from : by;
}

/** A later stream tells more: the host may have gone after the process. But an unknown outcome tells nothing. */
function streamOf(observations: readonly Observation[]): StreamOutcome {
  const streams = observations.flatMap((what) => "stream" in what ? [what.stream] : []);
  const known = streams.filter((stream) => stream !== "untried" && stream !== "open");
  return known.at(-1) ?? streams.at(-1) ?? "untried";
}
