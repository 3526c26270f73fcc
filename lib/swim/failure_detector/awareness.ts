/**
 * Local health (memberlist's `awareness`, Lifeguard's "LHA-Probe"): a node that is slow or badly connected itself should
 * not conclude that others have failed.
 *
 * @module
 */

import type { Metrics } from "../../base/metrics.ts";

/** The local health score. Every sign of trouble on our own side raises it, and a higher score makes our probes last longer. */
export class Awareness {
  readonly #max: number;
  readonly #metrics: Metrics | undefined;
  #score = 0;

  /** The score stays below `limit`. */
  constructor(limit: number, metrics?: Metrics) {
    this.#max = limit - 1;
    this.#metrics = metrics;
  }

  /** The score: 0 is healthy. */
  get score(): number {
    return this.#score;
  }

  /** Changes the score, within its range. */
  apply(delta: number): void {
    const score = Math.min(this.#max, Math.max(0, this.#score + delta));
    if (score !== this.#score) this.#metrics?.gauge("memberlist.health.score", score);
    this.#score = score;
  }

  /** A time multiplied by the score plus one. */
  scale(ms: number): number {
    return ms * (this.#score + 1);
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { score: this.#score };
  }

  load({ score }: ReturnType<Awareness["save"]>): void {
    this.#score = score;
  }
}
