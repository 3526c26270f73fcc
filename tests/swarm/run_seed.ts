import { drawPlan } from "./plan.ts";
import { shrink } from "./shrink.ts";
import { runPlan, type RunResult } from "./swarm_run.ts";

/** A run that violated an invariant. */
export interface Failure {
  readonly seed: number;
  readonly invariant: string;
  readonly problem: string;
  /** The faults that it takes. */
  readonly faults: readonly { readonly index: number; readonly text: string }[];
}

/** What came of a seed. */
export interface SeedResult extends Omit<RunResult, "failure"> {
  readonly failure?: Failure;
}

/** Runs a seed; if it fails, finds out which of its faults that takes. */
export function runSeed(seed: number): SeedResult {
  const plan = drawPlan(seed);
  const { failure, ...result } = runPlan(plan);
  if (failure === undefined) return result;
  const faults = shrink(plan, failure.invariant).map((index) => plan.faults[index]);
  const needed = faults.map(({ index, text }) => ({ index, text }));
  return { ...result, failure: { seed, ...failure, faults: needed } };
}
