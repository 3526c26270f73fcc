/**
 * Limits how often something is done for each of many peers, in bounded memory.
 *
 * @module
 */

/** How many keys are remembered. Beyond that the oldest one is forgotten, and may do again what it did. */
const MAX_KEYS = 1_024;

/** In so many milliseconds at most {@link LOG_LINES} lines are logged about what one host has sent. */
export const LOG_INTERVAL_MS = 1_000;
/** See {@link LOG_INTERVAL_MS}. */
export const LOG_LINES = 10;

/** How often a key was allowed since an interval of its own began. */
interface Count {
  readonly since: number;
  count: number;
}

/** Allows each key once per interval, or as often as `times` says. */
export class RateLimiter {
  readonly #intervalMs: number;
  readonly #times: number;
  /** The keys whose intervals began first come first. */
  #counts = new Map<string, Count>();

  constructor(intervalMs: number, { times = 1 }: { readonly times?: number } = {}) {
    this.#intervalMs = intervalMs;
    this.#times = times;
  }

  /** Whether a key may act at the time `now`, in milliseconds. */
  allows(key: string, now: number): boolean {
    const known = this.#counts.get(key);
    if (known !== undefined && now - known.since < this.#intervalMs) {
      return known.count++ < this.#times;
    }
    this.#counts.delete(key);
    if (this.#counts.size >= MAX_KEYS) {
      for (const oldest of this.#counts.keys()) {
        this.#counts.delete(oldest);
        break;
      }
    }
    this.#counts.set(key, { since: now, count: 1 });
    return true;
  }

  /** All that it remembers; `load` gives it to another of the same settings. */
  save() {
    return { counts: this.#counts };
  }

  load({ counts }: ReturnType<RateLimiter["save"]>): void {
    this.#counts = counts;
  }
}
