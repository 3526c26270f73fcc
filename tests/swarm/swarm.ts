/**
 * Runs many seeds of the swarm on all cores.
 *
 * @module
 */

import type { SeedResult } from "./run_seed.ts";
import { SwarmReport } from "./swarm_report.ts";
import type { Batch } from "./worker.ts";

/** Which seeds are run, and how. */
export interface SwarmOptions {
  readonly from: number;
  readonly seeds: number;
  /** No new seeds are begun after so many minutes. */
  readonly minutes?: number;
  /** How many threads there are; one for each core by default. */
  readonly workers?: number;
  /** Called each time that some seeds are done. */
  readonly onProgress?: (report: SwarmReport) => void;
}

/** Seeds that a worker is given at a time. */
const BATCH = 10;

/** Runs the seeds, and reports on them. Rejects if a worker fails, which a violated invariant does not make it do. */
export async function runSwarm(options: SwarmOptions): Promise<SwarmReport> {
  const { from, seeds, minutes = Infinity, workers = navigator.hardwareConcurrency } = options;
  const report = new SwarmReport();
  const endAt = performance.now() + minutes * 60_000;
  let next = from;
  const takeBatch = (): Batch | undefined => {
    const left = from + seeds - next;
    if (left <= 0 || performance.now() >= endAt) return undefined;
    const batch = { from: next, seeds: Math.min(BATCH, left) };
    next += batch.seeds;
    return batch;
  };
  const work = async () => {
    using worker = new SeedWorker();
    for (let batch = takeBatch(); batch !== undefined; batch = takeBatch()) {
      for (const result of await worker.run(batch)) report.add(result);
      options.onProgress?.(report);
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, seeds) }, work));
  return report;
}

/** A thread, which does one batch at a time. */
class SeedWorker implements Disposable {
  readonly #worker = new Worker(new URL("worker.ts", import.meta.url), { type: "module" });

  run(batch: Batch): Promise<readonly SeedResult[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly SeedResult[]>();
    this.#worker.onmessage = ({ data }: MessageEvent<readonly SeedResult[]>) => resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`A worker failed at seeds from ${batch.from}: ${event.message}`));
    };
    this.#worker.postMessage(batch);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
