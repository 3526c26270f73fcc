import type { Failure, SeedResult } from "./run_seed.ts";

/** What came of many seeds. */
export class SwarmReport {
  seeds = 0;
  /** Virtual hours of all nodes of all runs. */
  nodeHours = 0;
  readonly failures: Failure[] = [];
  /** How many faults of each kind were injected. */
  readonly injected: Map<string, number> = new Map();
  /** The longest time that a cluster took to come to rest after its faults, virtual seconds, and its seed. */
  slowest: { readonly seed: number; readonly restSeconds: number } = { seed: 0, restSeconds: 0 };
  readonly #startedAt = performance.now();

  add(result: SeedResult): void {
    const { seed, failure, injected, nodeHours, restSeconds } = result;
    this.seeds++;
    this.nodeHours += nodeHours;
    if (failure !== undefined) this.failures.push(failure);
    for (const [kind, count] of Object.entries(injected)) {
      this.injected.set(kind, (this.injected.get(kind) ?? 0) + count);
    }
    if (restSeconds > this.slowest.restSeconds) this.slowest = { seed, restSeconds };
  }

  /** One line. */
  get progress(): string {
    const minutes = (performance.now() - this.#startedAt) / 60_000;
    return `${this.seeds} seeds, ${this.failures.length} failed, ` +
      `${Math.round(this.nodeHours)} node-hours, ${minutes.toFixed(1)} min`;
  }

  /** Everything, for people. */
  toString(): string {
    const kinds = [...this.injected].sort(([, a], [, b]) => b - a);
    const total = kinds.reduce((sum, [, count]) => sum + count, 0);
    const { seed, restSeconds } = this.slowest;
    return [
      this.progress,
      `${total} faults and operations: ${kinds.map(([kind, n]) => `${kind} ${n}`).join(", ")}`,
      `longest time to come to rest: ${restSeconds} s (seed ${seed})`,
      ...this.failures.map(describeFailure),
    ].join("\n");
  }
}

/** What failed, what it takes, and the command that repeats it. */
export function describeFailure({ seed, invariant, problem, faults }: Failure): string {
  const keep = faults.map(({ index }) => index).join(",") || "none";
  return [
    `seed ${seed} violates ${invariant}: ${problem}`,
    ...faults.map(({ index, text }) => `  ${index}: ${text}`),
    `  replay: deno task swarm --seed ${seed} --keep ${keep}`,
  ].join("\n");
}
