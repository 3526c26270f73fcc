/** Says whether we did what the reference did when it was recorded. */

import { canonical } from "./canonical.ts";
import { type Difference, differences } from "./differences.ts";
import type { Entry, Observation } from "./recording.ts";
import { differencesHere } from "./this_machine.ts";

/** How one comparison came out. */
export interface Verdict {
  /** What is different without a reason. */
  readonly problem?: string;
  /** The differences that had to be allowed for. */
  readonly applied: readonly Difference[];
}

/** Compares what we did with what was recorded. */
export function judge(file: string, entry: Entry, ours: Observation): Verdict {
  const { name, recorded } = entry;
  if (mismatch(entry, recorded, ours) === undefined) return { applied: [] };
  const applied = [...differences, ...differencesHere].filter(({ where, adapt }) =>
    where.some((pattern) => isMatch(`${file}/${name}`, pattern)) &&
    JSON.stringify(adapt(recorded)) !== JSON.stringify(recorded)
  );
  const expected = applied.reduce((observation, { adapt }) => adapt(observation), recorded);
  return { problem: mismatch(entry, expected, ours), applied };
}

function isMatch(key: string, pattern: string): boolean {
  const [start, ...rest] = pattern.split("*");
  return rest.length === 0 ? key === pattern : key.startsWith(start);
}

/** What is not as expected, or `undefined`. Fields that were not recorded are not compared. */
function mismatch(entry: Entry, expected: Observation, ours: Observation): string | undefined {
  if (expected.exit !== undefined && expected.exit !== ours.exit) {
    return `expected exit code ${expected.exit}, got ${ours.exit}; it printed\n${ours.stdout}${ours.stderr}`;
  }
  if (expected.limit !== ours.limit) return `expected limit ${expected.limit}, got ${ours.limit}`;
  if (expected.lines !== undefined) {
    return difference("lines", sortedLines(expected), sortedLines(ours));
  }
  const isMonitor = entry.argv?.[0] === "monitor";
  for (const field of ["stdout", "stderr", "file"] as const) {
    const text = expected[field];
    if (text === undefined) continue;
    const problem = compareTexts(field, [text, ours[field] ?? ""], isMonitor);
    if (problem !== undefined) return problem;
  }
}

function sortedLines({ lines }: Observation): string[] {
  return [...lines ?? []].sort();
}

function compareTexts(
  field: string,
  texts: readonly [string, string],
  isMonitor: boolean,
): string | undefined {
  const [expected, ours] = texts.map(canonical);
  // A monitor begins with the last 512 lines of the log. How far back they go depends on chance.
  const inOrder = isMonitor ? ours.inOrder.slice(-expected.inOrder.length) : ours.inOrder;
  const anyOrder = isMonitor
    ? ours.anyOrder.filter((line) => expected.anyOrder.includes(line))
    : ours.anyOrder;
  return difference(field, expected.inOrder, inOrder) ??
    difference(`${field}, in any order`, expected.anyOrder, anyOrder);
}

/** The lines that only one side has, or the first that stands elsewhere. */
function difference(
  what: string,
  expected: readonly string[],
  ours: readonly string[],
): string | undefined {
  const at = expected.findIndex((line, i) => line !== ours[i]);
  const index = at < 0 && ours.length > expected.length ? expected.length : at;
  if (index < 0) return undefined;
  const show = (lines: readonly string[]) =>
    lines.slice(index, index + 6).map((line) => JSON.stringify(line)).join("\n    ");
  return `${what} line ${index + 1}:\n  recorded\n    ${show(expected)}\n  ours\n    ${show(ours)}`;
}
