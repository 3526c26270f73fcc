/**
 * A run that was recorded in parts, as one.
 *
 * @module
 */

import { TraceDigest } from "../../sim/trace_digest.ts";
import { GOES_ON } from "../format.ts";
import type { Recording } from "../recording.ts";
import { replay, type ReplayOptions, type ReplayResult } from "../replay.ts";
import { checkpointDigest } from "./checkpoint.ts";

/** Parts of a run without a gap, at least one. Earlier ones may have been removed. */
export type RecordedRun = readonly [Recording, ...Recording[]];

/** What came of the replay of a run. */
export interface RunResult extends Omit<ReplayResult, "stateDigest"> {
  /** How many parts were replayed. */
  readonly parts: number;
  /** How the recording ends. */
  readonly ending: string;
}

/** Puts parts that follow each other together, in the order in which they are given. */
export function runsOf(recordings: readonly Recording[]): RecordedRun[] {
  const runs: [Recording, ...Recording[]][] = [];
  for (const recording of recordings) {
    const run = runs.find((parts) => follows(recording, parts[parts.length - 1]));
    if (run === undefined) runs.push([recording]);
    else run.push(recording);
  }
  return runs;
}

function follows({ header: { run }, part }: Recording, before: Recording): boolean {
  return run === before.header.run && part === before.part + 1;
}

/**
 * Replays a run up to its end, a time, or the first difference. Each part is replayed from the state with which it begins; the
 * core must have come to that state at the end of the part before.
 */
export function replayRun(parts: RecordedRun, options: ReplayOptions = {}): RunResult {
  const { untilMs = Infinity } = options;
  const digests: string[] = [];
  const endings: string[] = [];
  let steps = 0;
  let before: ReplayResult | undefined;
  for (const recording of parts) {
    const { header, part } = recording;
    if (before !== undefined && header.startedAtMs > untilMs) break;
    if (endings.at(-1) === GOES_ON && before?.stateDigest() !== beginningOf(recording)) {
      const { startedAtMs: atMs } = header;
      const divergence = { step: steps, atMs, input: `the beginning of part ${part}` };
      return conclude({ ...before!, steps, divergence }, digests, endings);
    }
    const result = replay(recording, options);
    steps += result.steps;
    before = result;
    digests.push(result.digest);
    endings.push(recording.ending);
    if (result.divergence !== undefined) {
      const { divergence } = result;
      const step = steps - result.steps + divergence.step;
      return conclude({ ...result, steps, divergence: { ...divergence, step } }, digests, endings);
    }
  }
  return conclude({ ...before!, steps }, digests, endings);
}

function beginningOf(recording: Recording): string | undefined {
  const checkpoint = recording.checkpoint();
  return checkpoint && checkpointDigest(checkpoint, recording.header.random);
}

function conclude(
  { stateDigest: _, ...result }: ReplayResult,
  digests: readonly string[],
  endings: readonly string[],
): RunResult {
  const last = endings[endings.length - 1];
  const gaps = endings.slice(0, -1).filter((ending) => ending !== GOES_ON);
  const ending = last === GOES_ON ? "the process was killed, or has not ended" : last;
  return {
    ...result,
    parts: digests.length,
    digest: joined(digests),
    ending: [...gaps.map((gap) => `${gap}, and it goes on in the next part`), ending].join("; "),
  };
}

/** That of the part if there is one, or else a hash of all. */
function joined(digests: readonly string[]): string {
  if (digests.length === 1) return digests[0];
  const all = new TraceDigest();
  for (const digest of digests) all.text(digest);
  return all.toString();
}
