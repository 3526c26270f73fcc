/** Keeps the account of what reads the same and what does not. */

import { AssertionError } from "@std/assert";
import { delay } from "./delay.ts";
import { canonical } from "./canonical.ts";
import { type Difference, differences } from "./differences.ts";
import { entriesOf, type Entry, entryOf, type Observation, recordings } from "./recording.ts";

/** How long a program gets to come to its end, or to say what is expected of it. */
const SETTLING_MS = 15_000;

/** What became of one entry. */
interface Verdict {
  /** Why it is different; empty if it is the same. */
  readonly reasons: readonly string[];
}

/** All verdicts. */
export class Ledger {
  readonly #verdicts = new Map<string, Verdict>();
  readonly #used = new Set<Difference>();
  readonly #failures: string[] = [];

  /** Compares what we did with what was recorded. */
  compare(file: string, name: string, ours: Observation): void {
    const entry = entryOf(file, name);
    const key = `${file}/${name}`;
    Deno.writeTextFileSync(`/tmp/tr/dump/${file}.${name}`, ours.stdout ?? "");
    const same = mismatch(entry, entry.recorded, ours) === undefined;
    const relevant = same ? [] : differencesOf(key, entry.recorded);
    const problem = mismatch(entry, adapted(entry.recorded, relevant), ours);
    if (problem !== undefined) {
      this.#failures.push(`${key}: ${problem}`);
      return;
    }
    for (const difference of relevant) this.#used.add(difference);
    this.#verdicts.set(key, { reasons: relevant.map(({ reason }) => reason) });
  }

  /** Notes that something could not be repeated. */
  fail(error: unknown): void {
    this.#failures.push(error instanceof Error ? error.stack ?? error.message : String(error));
  }

  /** Compares, but gives a program the time to come to what was recorded. */
  async settle(file: string, name: string, ours: Observation): Promise<void> {
    const entry = entryOf(file, name);
    const relevant = differencesOf(`${file}/${name}`, entry.recorded);
    const expectations = [entry.recorded, adapted(entry.recorded, relevant)];
    const fits = () =>
      expectations.some((expected) => mismatch(entry, expected, ours) === undefined);
    const deadline = performance.now() + SETTLING_MS;
    while (!fits() && performance.now() < deadline) await delay(50);
    this.compare(file, name, ours);
  }

  /** One line for every file, and one for every entry that is different. */
  get table(): string {
    const lines = [...recordings].flatMap(([file, entries]) => {
      const verdicts = entries.map(({ name }) => ({
        name,
        verdict: this.#verdicts.get(`${file}/${name}`),
      }));
      const same = verdicts.filter(({ verdict }) => verdict?.reasons.length === 0).length;
      const different = verdicts.filter(({ verdict }) => (verdict?.reasons.length ?? 0) > 0);
      const title = `${file}.json`.padEnd(26);
      return [
        `${title}${String(same).padStart(3)} same ${
          String(different.length).padStart(3)
        } different`,
        ...different.map(({ name, verdict }) => `    ${name}: ${verdict?.reasons.join("; ")}`),
      ];
    });
    return lines.join("\n");
  }

  /** Throws unless every entry has been compared, is the same or differs as listed, and every listed difference is true. */
  check(files: readonly string[]): void {
    const failed = new Set(this.#failures.map((text) => text.slice(0, text.indexOf(":"))));
    const missing = files.flatMap((file) => {
      const names = entriesOf(file).map(({ name }) => name).filter((name) => {
        return !this.#verdicts.has(`${file}/${name}`) && !failed.has(`${file}/${name}`);
      });
      return names.length === 0 ? [] : [`${file}: not repeated: ${names.join(", ")}`];
    });
    const stale = differences.filter((difference) => !this.#used.has(difference));
    const problems = [
      ...this.#failures,
      ...missing,
      ...files.length < recordings.size ? [] : stale.map(({ reason }) => `not true: ${reason}`),
    ];
    if (problems.length > 0) throw new AssertionError(problems.join("\n"));
  }
}

function differencesOf(key: string, recorded: Observation): Difference[] {
  return differences.filter(({ where, adapt }) =>
    where.some((pattern) => new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(key)) &&
    JSON.stringify(adapt(recorded)) !== JSON.stringify(recorded)
  );
}

function adapted(recorded: Observation, relevant: readonly Difference[]): Observation {
  return relevant.reduce((observation, { adapt }) => adapt(observation), recorded);
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
