/** What a benchmark of clusters is, and what it is given. */

import type { Metric } from "../report.ts";

/**
 * Whose agents a cluster is made of; a mixed one has ours and Serf's in turn, ours first. Those of the floor do no more than
 * the input and output of an agent (`floor_agent.ts`).
 */
export type Composition = "ours" | "serf" | "mixed" | "floor";

/** One repetition of one case with one composition. */
export interface Trial {
  readonly composition: Composition;
  /** Counted from 0. */
  readonly repetition: number;
  /** Adds samples to a row. What could not be measured (`undefined`, `NaN`, an infinity) is left out. */
  record(
    row: Omit<Metric, "benchmark">,
    ...samples: readonly (number | undefined)[]
  ): void;
  /** Counts a cluster of all that were formed; `undefined` if it was not complete in time. */
  formed(size: number, tookMs: number | undefined): void;
}

/** A part of a benchmark that is repeated on its own. The compositions take turns. */
export interface Case {
  /** For the progress messages. */
  readonly label: string;
  readonly repetitions: number;
  /** Whether mixed clusters are measured too. */
  readonly mixed?: boolean;
  /** Whether agents of the floor can do what it takes; they are measured on demand. */
  readonly floor?: boolean;
  run(trial: Trial): Promise<void>;
}

/** Some cases that are chosen together. */
export interface Benchmark {
  /** What `--only` calls it, and the first column of its rows. */
  readonly name: string;
  /** The cases of a full run, or of a quick one. */
  cases(options: { readonly quick: boolean }): readonly Case[];
}
