/** How well all clusters of a run were formed, whatever they were formed for. */

import type { Report } from "../report.ts";
import type { Composition } from "./benchmark.ts";

const IN_TIME_MS = 3_000;

/** Counts clusters by size and composition. */
export class Formations {
  readonly #times = new Map<number, Map<Composition, number[]>>();

  /** Counts a cluster that took so long until each agent listed all; `undefined` if it was not waited for that long. */
  add(composition: Composition, size: number, tookMs: number = Infinity): void {
    if (size === 1) return;
    const ofSize = this.#times.get(size) ?? new Map<Composition, number[]>();
    this.#times.set(size, ofSize);
    ofSize.set(composition, [...ofSize.get(composition) ?? [], tookMs]);
  }

  /** Adds the rows to a report. */
  report(report: Report): void {
    for (const [size, compositions] of [...this.#times].sort(([a], [b]) => a - b)) {
      for (const [composition, times] of compositions) {
        const record = (metric: string, unit: string, ...samples: number[]) => {
          const variant = `N=${size}, every cluster of this run`;
          report.add(composition, { benchmark: "formation", variant, metric, unit }, ...samples);
        };
        const inTime = times.filter((time) => time <= IN_TIME_MS);
        record("clusters formed", "count", times.length);
        record("every agent lists N alive, where under 3 s", "ms", ...inTime);
        const late = times.length - inTime.length;
        record("clusters not converged after 3 s", "%", 100 * late / times.length);
      }
    }
  }
}
