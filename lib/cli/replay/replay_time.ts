/**
 * Times in the flags and the output of `serf replay`.
 *
 * @module
 */

import { parseDuration } from "../../go/duration.ts";
import { UsageFailure } from "../command.ts";

/** A time of the wall clock; `startMs` is that of the first start. */
export function timeOf(
  flag: string,
  text: string | undefined,
  startMs: number,
): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text)) {
    const day = new Date(startMs).toISOString().slice(0, 10);
    const atMs = Date.parse(`${day}T${text}Z`);
    return atMs >= startMs - 1_000 ? atMs : atMs + 86_400_000;
  }
  const atMs = Date.parse(text);
  if (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(atMs)) return atMs;
  try {
    return startMs + parseDuration(text);
  } catch {
    throw new UsageFailure(
      `Invalid -${flag}: got "${text}", expected a time as in 2026-11-28T23:04:05Z or 23:04:05, or a duration as in 90s`,
    );
  }
}

/** As in `2026-11-28 23:04:05.123`, UTC. */
export function timeText(atMs: number): string {
  return isoTime(atMs).replace("T", " ").replace("Z", "");
}

/** As in `2026-11-28T23:04:05.123Z`. */
export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
