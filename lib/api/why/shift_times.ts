/**
 * Between the clock of a protocol machine, whose origin has no meaning, and that of the calendar.
 *
 * @module
 */

import type { WhyReport } from "./evidence.ts";

/** The report with all its times later by so many milliseconds. */
export function shiftTimes(report: WhyReport, ms: number): WhyReport {
  const { lastAnswer, lastPing, entries } = report;
  return {
    ...report,
    timeMs: report.timeMs + ms,
    lastAnswer: lastAnswer && { ...lastAnswer, timeMs: lastAnswer.timeMs + ms },
    lastPing: lastPing && { ...lastPing, timeMs: lastPing.timeMs + ms },
    entries: entries.map((entry) => ({
      ...entry,
      timeMs: entry.timeMs + ms,
      lastMs: entry.lastMs + ms,
    })),
  };
}
