/** Shows what became of the recorded runs. */

import type { Difference } from "./difference.ts";
import { recordings } from "./recording.ts";

const STATUSES = ["same", "different", "skipped", "failed"] as const;

/** What became of an entry. */
export interface Outcome {
  readonly file: string;
  readonly name: string;
  readonly status: typeof STATUSES[number];
  /** Why it is different or was skipped. */
  readonly reasons: readonly string[];
}

/** A line for every file, with the entries that are not the same and the number of the reason; then the reasons. */
export function formatTable(
  outcomes: readonly Outcome[],
  differences: readonly Difference[],
): string {
  const listed = differences.map(({ reason }) => reason);
  const reasons = [...new Set([...listed, ...outcomes.flatMap(({ reasons }) => reasons)])];
  const byFile = Map.groupBy(outcomes, ({ file }) => file);
  const rows = [...recordings.keys()].map((file) => {
    const ofFile = byFile.get(file) ?? [];
    return [`${file}.json`.padEnd(24), counts(ofFile), ...exceptions(ofFile, reasons)].join("  ");
  });
  const total = ["all".padEnd(24), counts(outcomes)].join("  ");
  return [...rows, total, ...reasons.map((reason, i) => `[${i + 1}] ${reason}`)].join("\n");
}

/** How many entries came out in which way. */
function counts(outcomes: readonly Outcome[]): string {
  const cells = STATUSES.map((status) => {
    const { length } = outcomes.filter((outcome) => outcome.status === status);
    return length === 0 && status !== "same" ? "" : `${String(length).padStart(3)} ${status}`;
  });
  return cells.join("");
}

/** The names of entries behind the number of their reason. */
function exceptions(outcomes: readonly Outcome[], reasons: readonly string[]): string[] {
  return reasons.flatMap((reason, i) => {
    const names = outcomes.filter((outcome) => outcome.reasons.includes(reason))
      .map(({ name }) => name);
    return names.length === 0 ? [] : [`[${i + 1}] ${names.join(", ")}`];
  });
}
