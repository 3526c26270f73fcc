/**
 * How well this node itself is doing.
 *
 * @module
 */

/**
 * The local health score of Lifeguard ("LHA-Probe"): 0 is healthy; every sign that we are slow or badly connected
 * raises it, and makes us wait longer before we accuse others.
 */
export class Awareness {
  readonly #max: number;
  #score = 0;

  /** The score stays below `limit`. */
  constructor(limit: number) {
    this.#max = limit - 1;
  }

  /** The score, from 0 (healthy) up. */
  get score(): number {
    return this.#score;
  }

  /** Changes the score, within its range. */
  apply(delta: number): void {
    this.#score = Math.min(this.#max, Math.max(0, this.#score + delta));
  }

  /** A time stretched by the score. */
  scale(ms: number): number {
    return ms * (this.#score + 1);
  }
}
