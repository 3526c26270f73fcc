/** Keeps the account of what reads the same and what does not. */

import { AssertionError } from "@std/assert";
import { sleep } from "../../support/sleep.ts";
import { type Difference, differences } from "./differences.ts";
import { judge } from "./judge.ts";
import { entriesOf, entryOf, type Observation, recordings } from "./recording.ts";
import { formatTable, type Outcome } from "./format_table.ts";

/** How long a program gets to come to its end, or to say what is expected of it. */
const SETTLING_MS = 15_000;

/** The outcomes of all entries. */
export class Ledger {
  /** By `file/name`. */
  readonly #outcomes = new Map<string, Outcome>();
  readonly #used = new Set<Difference>();
  readonly #failures: string[] = [];

  /** Compares what we did with what was recorded. */
  compare(file: string, name: string, ours: Observation): void {
    const { problem, applied } = judge(file, entryOf(file, name), ours);
    if (problem !== undefined) {
      this.#note({ file, name, status: "failed", reasons: [] });
      this.#failures.push(`${file}/${name}: ${problem}`);
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
  async settle(file: string, name: string, ours: Observation): Promise<void> {
    const isSettled = () => judge(file, entryOf(file, name), ours).problem === undefined;
    const deadline = performance.now() + SETTLING_MS;
    while (!isSettled() && performance.now() < deadline) await sleep(50);
    this.compare(file, name, ours);
  }

  /** Notes that an entry cannot be repeated here. */
  skip(file: string, name: string, reason: string): void {
    this.#note({ file, name, status: "skipped", reasons: [reason] });
  }

  /** Notes that something went wrong on the way to an entry. */
  fail(error: unknown): void {
    this.#failures.push(error instanceof Error ? error.stack ?? error.message : String(error));
  }

  /** The outcomes, to be read. */
  get table(): string {
    return formatTable([...this.#outcomes.values()]);
  }

  /** Throws unless every entry is the same, differs as listed or cannot be repeated here, and all that is listed is true. */
  check(files: readonly string[]): void {
    const missing = files.flatMap((file) =>
      entriesOf(file).map(({ name }) => `${file}/${name}`).filter((key) => !this.#outcomes.has(key))
    );
    const stale = files.length < recordings.size
      ? []
      : differences.filter((difference) => !this.#used.has(difference));
    const problems = [
      ...this.#failures,
      ...missing.map((key) => `${key}: not repeated`),
      ...stale.map(({ where, reason }) => `${where}: not true: ${reason}`),
    ];
    if (problems.length > 0) throw new AssertionError(problems.join("\n"));
  }

  #note(outcome: Outcome): void {
    this.#outcomes.set(`${outcome.file}/${outcome.name}`, outcome);
  }
}
