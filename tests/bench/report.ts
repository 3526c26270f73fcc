/** Where benchmarks put what they measure. */

/** Whose figure it is: that of our program, of Serf, of a cluster of both, of a bare Deno program, or ours of a saved run. */
export type Subject = "ours" | "serf" | "mixed" | "floor" | "before";

/** What is measured. Two rows of equal words are the same row. */
export interface Metric {
  readonly benchmark: string;
  readonly variant: string;
  readonly metric: string;
  readonly unit: string;
  /** The ratio of ours to Serf's that we want to stay below. */
  readonly target?: number;
}

/** All samples of one metric. */
export interface Row extends Metric {
  readonly samples: { readonly [S in Subject]?: readonly number[] };
}

interface GrowingRow extends Metric {
  readonly samples: { [S in Subject]?: number[] };
}

/** Collects samples; rows keep the order in which they began. */
export class Report {
  readonly #rows = new Map<string, GrowingRow>();

  /** The rows so far. */
  get rows(): readonly Row[] {
    return [...this.#rows.values()];
  }

  /** Adds samples. What could not be measured (`undefined`, `NaN`, an infinity) is left out. */
  add(subject: Subject, metric: Metric, ...samples: readonly (number | undefined)[]): void {
    const measured = samples.filter((sample): sample is number => Number.isFinite(sample));
    if (measured.length === 0) return;
    const row = this.#row(metric);
    (row.samples[subject] ??= []).push(...measured);
  }

  /** Puts our samples of a saved run beside those of this one; metrics that were not measured now are left out. */
  compareWith(saved: readonly Row[]): void {
    for (const { samples, ...metric } of saved) {
      const row = this.#rows.get(keyOf(metric));
      if (row !== undefined) row.samples.before = [...samples.ours ?? []];
    }
  }

  #row(metric: Metric): GrowingRow {
    const key = keyOf(metric);
    let row = this.#rows.get(key);
    if (row === undefined) this.#rows.set(key, row = { ...metric, samples: {} });
    return row;
  }
}

function keyOf({ benchmark, variant, metric, unit }: Metric): string {
  return JSON.stringify([benchmark, variant, metric, unit]);
}
