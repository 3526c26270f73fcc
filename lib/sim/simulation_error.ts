/**
 * The error of a failed simulation.
 *
 * @module
 */

/** A condition was not reached in time, or an invariant was violated. The message has the time and the seed. */
export class SimulationError extends Error {
  /** The name of the class. */
  override readonly name = "SimulationError";
  /** The seed of the run. */
  readonly seed: number;
  /** When it failed, virtual milliseconds. */
  readonly atMs: number;

  /** @internal */
  constructor(problem: string, run: { readonly seed: number; readonly atMs: number }) {
    super(
      `Simulation failed after ${(run.atMs / 1000).toFixed(3)} s (seed ${run.seed}): ${problem}`,
    );
    this.seed = run.seed;
    this.atMs = run.atMs;
  }
}
