/** Compares what a program did with what Serf 0.8.2 did when it was recorded. */

import { canonical } from "./canonical.ts";
import type { Difference } from "./difference.ts";
import type { Entry, Observation } from "./recording.ts";

/** How one comparison came out. */
export interface Comparison {
  /** What is different without a reason. */
  readonly problem?: string;
  /** The differences that had to be allowed for. */
  readonly applied: readonly Difference[];
}

/** Compares what a program did with the entry of a file, for which some differences are allowed. */
export function compare(
  observed: Observation,
  { file, entry, differences }: {
    readonly file: string;
    readonly entry: Entry;
    readonly differences: readonly Difference[];
  },
): Comparison {
  const { name, recorded } = entry;
  if (mismatch(entry, recorded, observed) === undefined) return { applied: [] };
  const applied = applicable(differences, `${file}/${name}`, recorded);
  const expected = applied.reduce((observation, { adapt }) => adapt(observation), recorded);
  return { problem: mismatch(entry, expected, observed), applied };
}

/** The differences that change what was recorded of `key`, `file/name`. */
export function applicable(
  differences: readonly Difference[],
  key: string,
  recorded: Observation,
): readonly Difference[] {
  return differences.filter(({ where, adapt }) =>
    where.some((pattern) => isMatch(key, pattern)) &&
    JSON.stringify(adapt(recorded)) !== JSON.stringify(recorded)
  );
}

function isMatch(key: string, pattern: string): boolean {
  const [start, ...rest] = pattern.split("*");
  return rest.length === 0 ? key === pattern : key.startsWith(start);
}

/** What is not as expected, or `undefined`. Fields that were not recorded are not compared. */
function mismatch(entry: Entry, expected: Observation, observed: Observation): string | undefined {
  if (expected.exit !== undefined && expected.exit !== observed.exit) {
    return `expected exit code ${expected.exit}, got ${observed.exit}; it printed\n${observed.stdout}${observed.stderr}`;
  }
  if (expected.limit !== observed.limit) {
    return `expected limit ${expected.limit}, got ${observed.limit}`;
  }
  if (expected.lines !== undefined) {
    return setDifference(expected.lines, observed.lines ?? []);
  }
  const isMonitor = entry.argv?.[0] === "monitor";
  for (const field of ["stdout", "stderr", "file"] as const) {
    const text = expected[field];
    if (text === undefined) continue;
    const problem = compareTexts(field, [text, observed[field] ?? ""], isMonitor);
    if (problem !== undefined) return problem;
  }
}

/** The facts that only one side has. */
function setDifference(
  expected: readonly string[],
  observed: readonly string[],
): string | undefined {
  const missing = expected.filter((line) => !observed.includes(line));
  const added = observed.filter((line) => !expected.includes(line));
  if (missing.length + added.length === 0) return undefined;
  return `not observed: ${missing.join(", ")}\n  not expected: ${added.join(", ")}`;
}

/** How many lines a monitor may show less than was recorded, because chance added others behind them. */
const MONITOR_SLACK = 20;

function compareTexts(
  field: string,
  texts: readonly [string, string],
  isMonitor: boolean,
): string | undefined {
  const [expected, observed] = texts.map(canonical);
  // A monitor begins with the last 512 lines of the log. How far back they go depends on chance.
  const inOrder = isMonitor ? observed.inOrder.slice(-expected.inOrder.length) : observed.inOrder;
  const missing = expected.inOrder.length - inOrder.length;
  const slack = isMonitor && missing > 0 && missing <= MONITOR_SLACK ? missing : 0;
  const anyOrder = isMonitor
    ? observed.anyOrder.filter((line) => expected.anyOrder.includes(line))
    : observed.anyOrder;
  return difference(field, expected.inOrder.slice(slack), inOrder) ??
    difference(`${field}, in any order`, expected.anyOrder, anyOrder);
}

/** The lines that only one side has, or the first that stand elsewhere. */
function difference(
  what: string,
  expected: readonly string[],
  observed: readonly string[],
): string | undefined {
  const at = expected.findIndex((line, i) => line !== observed[i]);
  const index = at < 0 && observed.length > expected.length ? expected.length : at;
  if (index < 0) return undefined;
  const missing = without(expected, observed);
  const added = without(observed, expected);
  const sides = missing.length + added.length > 0
    ? [missing, added]
    : [expected.slice(index), observed.slice(index)];
  const [left, right] = sides.map((lines) =>
    lines.slice(0, 6).map((line) => `\n    ${JSON.stringify(line)}`).join("")
  );
  return `${what} from line ${index + 1}:\n  expected${left}\n  observed${right}`;
}

/** The lines that are not, or not as often, among others. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = Map.groupBy(others, (line) => line);
  return lines.filter((line) => left.get(line)?.pop() === undefined);
}
