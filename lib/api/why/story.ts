/**
 * A report as a story: what happened in the order of time, then the conclusion.
 *
 * @module
 */

import { type Cause, causeOf } from "./diagnosis.ts";
import type { WhyReport } from "./evidence.ts";
import { viewOf } from "./view.ts";
import { causeText, duration, entryText, summaryText } from "./wording.ts";

/** What a report comes to. */
export interface Conclusion {
  /** The most likely cause. */
  readonly cause: Cause;
  /** What happened, and what that means: two sentences. */
  readonly text: string;
}

/** A report with its conclusion. */
export interface Explanation extends WhyReport {
  /** What it comes to. */
  readonly conclusion: Conclusion;
}

/** How times are written. */
export interface StoryOptions {
  /** Writes the time of an entry, to the millisecond. Default: the local time of day. */
  readonly clock?: (ms: number) => string;
}

/** Adds to a report what it comes to. */
export function explain(report: WhyReport, { clock = timeOfDay }: StoryOptions = {}): Explanation {
  const view = viewOf(report);
  const cause = causeOf(view);
  const summary = summaryText(report, view, (ms) => clock(ms).replace(/\.\d+$/, ""));
  const text = `${summary}. ${causeText(cause, report.node, view)}`;
  return { ...report, conclusion: { cause, text } };
}

/** The story of a report, line by line. */
export function tellStory(report: Explanation, options: StoryOptions = {}): string[] {
  const { clock = timeOfDay } = options;
  const { node, observer, status, suspect, address, incarnation, lastAnswer, timeMs } = report;
  const state = suspect ? "suspect" : status === "none" ? "no member any more" : status;
  const age = incarnation === 0 ? "" : `, incarnation ${incarnation}`;
  const place = address === "" ? "" : ` at ${address}${age}`;
  const lines = [
    `${node} is ${state}${place}, as seen by ${node === observer ? "itself" : observer}`,
  ];
  if (lastAnswer !== null) {
    const { rttMs } = lastAnswer;
    const ago = duration(timeMs - lastAnswer.timeMs);
    lines.push(
      `Last answer to a ping: ${clock(lastAnswer.timeMs)}, ${ago} ago, in ${duration(rttMs)}`,
    );
  } else if (node !== observer) lines.push("It has never answered a ping of ours");
  lines.push("");
  for (const entry of report.entries) {
    const until = entry.lastMs - entry.timeMs >= 1 ? ` (until ${clock(entry.lastMs)})` : "";
    lines.push(`${clock(entry.timeMs)}  ${entryText(entry, observer)}${until}`);
  }
  if (report.entries.length > 0) lines.push("");
  return [...lines, `Conclusion: ${report.conclusion.text}`];
}

/** `12:01:07.123`, in local time. */
function timeOfDay(ms: number): string {
  const time = new Date(ms);
  const two = (n: number) => `${n}`.padStart(2, "0");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  return `${clock}.${`${time.getMilliseconds()}`.padStart(3, "0")}`;
}
