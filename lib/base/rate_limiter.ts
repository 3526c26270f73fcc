/**
 * Limits how often something is done for each of many peers, in bounded memory.
 *
 * @module
 */

/** How many keys are remembered. Beyond that the oldest one is forgotten, and may do again what it did. */
const MAX_KEYS = 1_024;

/** Allows each key once per interval. */
export class RateLimiter {
  readonly #intervalMs: number;
  /** When each key was allowed last, the oldest first. */
  readonly #allowedAt = new Map<string, number>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Whether a key may act at the time `now`, in milliseconds. If so, it may not again until the interval is over. */
  allows(key: string, now: number): boolean {
    const last = this.#allowedAt.get(key);
    if (last !== undefined && now - last < this.#intervalMs) return false;
    this.#allowedAt.delete(key);
    this.#allowedAt.set(key, now);
    if (this.#allowedAt.size > MAX_KEYS) {
      for (const oldest of this.#allowedAt.keys()) {
        this.#allowedAt.delete(oldest);
        break;
      }
    }
    return true;
  }
}
