/** A group of micro-benchmarks. */

import type { Report } from "../report.ts";

/** Measures some part and reports all its figures. */
export interface Suite {
  /** What `--only` calls it, and the first column of its rows. */
  readonly name: string;
  run(report: Report): Promise<void> | void;
}
