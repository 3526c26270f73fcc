/**
 * How well this node itself is doing.
 *
 * @module
 */

import type { Metrics } from "../../base/metrics.ts";

/**
 * The local health score of Lifeguard ("LHA-Probe"): 0 is healthy; every sign that we are slow or badly connected
 * raises it, and makes us wait longer before we accuse others.
 */
export class Awareness {
  readonly #max: number;
  readonly #metrics: Metrics | undefined;
  #score = 0;

  /** The score stays below `limit`. */
  constructor(limit: number, metrics?: Metrics) {
    this.#max = limit - 1;
    this.#metrics = metrics;
  }

  /** The score, from 0 (healthy) up. */
  get score(): number {
    return this.#score;
  }

  /** Changes the score, within its range. */
  apply(delta: number): void {
    const score = Math.min(this.#max, Math.max(0, this.#score + delta));
    if (score !== this.#score) this.#metrics?.gauge("memberlist.health.score", score);
    this.#score = score;
  }

  /** A time stretched by the score. */
  scale(ms: number): number {
    return ms * (this.#score + 1);
  }
}
