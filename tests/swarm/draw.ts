import type { Random } from "../../lib/sim/random.ts";

/** Random choices for a plan, about a cluster with so many nodes at its start. */
export class Draw {
  readonly #random: Random;
  readonly #nodes: number;

  constructor(random: Random, nodes: number) {
    this.#random = random;
    this.#nodes = nodes;
  }

  /** `true` with a probability. */
  chance(probability: number): boolean {
    return this.#random.chance(probability);
  }

  /** A number in [low, high), rounded to a tenth. */
  between(low: number, high: number): number {
    return Math.round(this.#random.between(low, high) * 10) / 10;
  }

  /** An integer from low to high, both included. */
  integer(low: number, high: number): number {
    return low + this.#random.below(high - low + 1);
  }

  /** One of some values. */
  of<const T>(...values: readonly T[]): T {
    return values[this.#random.below(values.length)];
  }

  /** One of some values by their weights. */
  weighted<const T>(weights: readonly (readonly [value: T, weight: number])[]): T {
    let left = this.#random.next() * weights.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of weights) {
      left -= weight;
      if (left < 0) return value;
    }
    return weights[weights.length - 1][0];
  }

  /** The index of a node. */
  node(): number {
    return this.#random.below(this.#nodes);
  }

  /** Indices of one or more nodes, not of all. */
  someNodes(): number[] {
    const count = this.integer(1, Math.max(1, this.#nodes - 1));
    const all = Array.from({ length: this.#nodes }, (_, index) => index);
    for (let i = 0; i < count; i++) {
      const other = this.integer(i, this.#nodes - 1);
      [all[i], all[other]] = [all[other], all[i]];
    }
    return all.slice(0, count).sort((a, b) => a - b);
  }
}
