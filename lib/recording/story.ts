/**
 * One story of several recordings: those of one cluster, or of the starts of one agent.
 *
 * @module
 */

import { shiftTimes } from "../api/why/shift_times.ts";
import type { WhyReport } from "../api/why/evidence.ts";
import type { Member } from "../api/member.ts";
import { type ClockSkew, ProbeTimes } from "./clock_skew.ts";
import type { RecordingHeader } from "./format.ts";
import type { Recording } from "./recording.ts";
import { type RecordedRun, replayRun, runsOf } from "./parts/run.ts";
import type { Divergence, ReplayObserver } from "./replay.ts";
import { Timeline, type TimelineEntry } from "./timeline.ts";

/** The recording of a run that was replayed. */
export interface ReplayedRecording {
  /** What its first part started with. */
  readonly header: RecordingHeader;
  /** How many parts of it were replayed. */
  readonly parts: number;
  readonly steps: number;
  /** The recorded wall clock at the last input, milliseconds since 1970. */
  readonly endedAtMs: number;
  readonly digest: string;
  readonly divergence: Divergence | undefined;
  /** How the recording ends. */
  readonly ending: string;
  /** All members in the node's view, at the end or at the time up to which was replayed. */
  readonly members: readonly Member[];
  /** Why the member that was asked about is as it is, in the node's view then; `undefined` if it knows nothing of it. */
  readonly why: WhyReport | undefined;
}

/** What happened. */
export interface Story {
  readonly recordings: readonly ReplayedRecording[];
  /** In order of time, by the wall clock of each node. */
  readonly entries: readonly TimelineEntry[];
  /** How far the clocks of the nodes are apart, as far as it is known. */
  readonly skews: readonly ClockSkew[];
}

/** Which part is told. */
export interface StoryOptions {
  /** From and up to these times, milliseconds since 1970. */
  readonly fromMs?: number;
  readonly untilMs?: number;
  /** Only what is about this member, and all messages from and to it. */
  readonly follow?: string;
  /** A member to report on. */
  readonly why?: string;
}

/** Replays recordings, and tells what happened in them. */
export function replayAll(
  recordings: readonly Recording[],
  { fromMs = -Infinity, untilMs = Infinity, follow, why }: StoryOptions = {},
): Story {
  const replayed: ReplayedRecording[] = [];
  const probes: ProbeTimes[] = [];
  const entries: TimelineEntry[] = [];
  const runs: readonly RecordedRun[] = runsOf(recordings);
  for (const run of runs) {
    const [{ header }] = run;
    if (header.startedAtMs > untilMs) continue;
    const node = header.config.name;
    const timeline = new Timeline({ node, follow });
    const times = new ProbeTimes(node);
    probes.push(times);
    const observers = runs.length > 1 ? [timeline, times] : [timeline];
    const { core, ...result } = replayRun(run, { observer: all(observers), untilMs });
    entries.push(...timeline.entries.filter(({ atMs }) => atMs >= fromMs));
    const report = why === undefined ? undefined : core.why(why);
    replayed.push({
      header,
      ...result,
      members: core.members(),
      why: report && shiftTimes(report, result.endedAtMs - report.timeMs),
    });
  }
  const skews = probes.flatMap((node, i) =>
    probes.slice(i + 1).map((other) => node.node === other.node ? undefined : node.skewOf(other))
      .filter((skew) => skew !== undefined)
  );
  entries.sort((a, b) => a.atMs - b.atMs);
  return { recordings: replayed, entries, skews };
}

/** Tells several observers. */
function all(observers: readonly ReplayObserver[]): ReplayObserver {
  return {
    begun: (...args) => observers.forEach((observer) => observer.begun?.(...args)),
    input: (...args) => observers.forEach((observer) => observer.input?.(...args)),
    sent: (...args) => observers.forEach((observer) => observer.sent?.(...args)),
    requested: (...args) => observers.forEach((observer) => observer.requested?.(...args)),
    emitted: (...args) => observers.forEach((observer) => observer.emitted?.(...args)),
    handled: (...args) => observers.forEach((observer) => observer.handled?.(...args)),
  };
}
