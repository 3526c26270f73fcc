/** A thread of the swarm: runs the seeds that it is sent, and sends their results back. */

import { runSeed, type SeedResult } from "./run_seed.ts";

/** Seeds that follow each other. */
export interface Batch {
  readonly from: number;
  readonly seeds: number;
}

/** What a worker sees of itself. */
const scope = globalThis as unknown as {
  onmessage(event: MessageEvent<Batch>): void;
  postMessage(results: readonly SeedResult[]): void;
};

scope.onmessage = ({ data: { from, seeds } }) => {
  scope.postMessage(Array.from({ length: seeds }, (_, i) => runSeed(from + i)));
};
