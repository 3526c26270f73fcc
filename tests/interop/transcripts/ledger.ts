/** Keeps the account of what reads the same and what does not. */

import { sleep } from "../../support/sleep.ts";
import { compare, type Comparison } from "./comparison.ts";
import type { Difference } from "./difference.ts";
import { type HelpTexts, withHelp } from "./help_texts.ts";
import { entriesOf, entryOf, type Observation, recordings } from "./recording.ts";
import { formatTable, type Outcome } from "./format_table.ts";

/** How long a program gets to come to its end, or to say what is expected of it. */
const SETTLING_MS = 15_000;

/** What is known of the program that repeats the runs. */
export interface LedgerOptions {
  readonly helpTexts: HelpTexts;
  /** What it does differently. */
  readonly differences: readonly Difference[];
  /** What every program does differently on this machine. */
  readonly differencesHere: readonly Difference[];
}

/** The outcomes of all entries. */
export class Ledger {
  readonly #options: LedgerOptions;
  /** By `file/name`. */
  readonly #outcomes = new Map<string, Outcome>();
  readonly #observed = new Map<string, Observation>();
  readonly #used = new Set<Difference>();
  /** The entries that were as expected in an earlier attempt, by `file/name`. */
  readonly #rightBefore = new Set<string>();
  /** What is wrong, by the files that it is about. */
  readonly #failures = new Map<string, string[]>();

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Compares what the program did with what was recorded. */
  compare(file: string, name: string, observed: Observation): void {
    const key = `${file}/${name}`;
    if (this.#rightBefore.has(key)) return;
    const { stdout, stderr, lines } = observed;
    this.#observed.set(key, { stdout, stderr, lines });
    const { problem, applied } = this.#compare(file, name, observed);
    if (problem !== undefined) {
      this.#note({ file, name, status: "failed", reasons: [] });
      this.#addFailure(file, `${key}: ${problem}`);
      return;
    }
    for (const difference of applied) this.#used.add(difference);
    this.#note({
      file,
      name,
      status: applied.length === 0 ? "same" : "different",
      reasons: applied.map(({ reason }) => reason),
    });
  }

  /** Compares, but gives a program the time to come to what was recorded. */
  async settle(file: string, name: string, observed: Observation): Promise<void> {
    const isSettled = () => this.#compare(file, name, observed).problem === undefined;
    const deadline = performance.now() + SETTLING_MS;
    while (!isSettled() && performance.now() < deadline) await sleep(50);
    this.compare(file, name, observed);
  }

  /** Notes that an entry cannot be repeated here. */
  skip(file: string, name: string, reason: string): void {
    this.#note({ file, name, status: "skipped", reasons: [reason] });
  }

  /** Notes that something went wrong on the way to an entry of a file. */
  fail(file: string, error: unknown): void {
    this.#addFailure(file, error instanceof Error ? error.stack ?? error.message : String(error));
  }

  /** Whether something is wrong with a file. */
  hasFailed(file: string): boolean {
    return this.#failures.has(file);
  }

  /** Forgets what was wrong with a file, which is to be repeated once more. What was right stays right. */
  forget(file: string): void {
    this.#failures.delete(file);
    for (const [key, outcome] of this.#outcomes) {
      if (outcome.file === file && outcome.status !== "failed") this.#rightBefore.add(key);
    }
  }

  /** What was compared with an entry, `file/name`; `undefined` if nothing was. */
  observed(key: string): Observation | undefined {
    return this.#observed.get(key);
  }

  /** The outcomes, to be read. */
  get table(): string {
    return formatTable([...this.#outcomes.values()], this.#options.differences);
  }

  /** What is wrong: differences that are not listed or not true, and entries that were not repeated. */
  problems(files: readonly string[]): string[] {
    const missing = files.flatMap((file) =>
      entriesOf(file).map(({ name }) => `${file}/${name}`).filter((key) => !this.#outcomes.has(key))
    );
    const stale = files.length < recordings.size
      ? []
      : this.#options.differences.filter((difference) =>
        difference.sometimes !== true && !this.#used.has(difference)
      );
    return [
      ...[...this.#failures.values()].flat(),
      ...missing.map((key) => `${key}: not repeated`),
      ...stale.map(({ where, reason }) => `${where}: not true: ${reason}`),
    ];
  }

  #addFailure(file: string, text: string): void {
    this.#failures.set(file, [...this.#failures.get(file) ?? [], text]);
  }

  #compare(file: string, name: string, observed: Observation): Comparison {
    const entry = entryOf(file, name);
    const { helpTexts, differences, differencesHere } = this.#options;
    return compare(observed, {
      file,
      entry: { ...entry, recorded: withHelp(entry.recorded, helpTexts) },
      differences: [...differences, ...differencesHere],
    });
  }

  #note(outcome: Outcome): void {
    this.#outcomes.set(`${outcome.file}/${outcome.name}`, outcome);
  }
}
