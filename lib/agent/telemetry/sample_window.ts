/**
 * The distribution of the latest values of something, in bounded memory.
 *
 * @module
 */

/** How many values are kept, and how long they count. */
const MAX_VALUES = 1_024;
const WINDOW_MS = 60_000;

/** Keeps the latest 1,024 values of a minute, and the number and the sum of all values. */
export class SampleWindow {
  #count = 0;
  #sum = 0;
  readonly #now: () => number;
  /** Both are used in turn: the value of place `count % MAX_VALUES`, and when it came. */
  readonly #values = new Float64Array(MAX_VALUES);
  readonly #times = new Float64Array(MAX_VALUES);

  /** `now` is a clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How many values there were. */
  get count(): number {
    return this.#count;
  }

  /** Their sum. */
  get sum(): number {
    return this.#sum;
  }

  /** Takes a value. */
  add(value: number): void {
    const place = this.#count++ % MAX_VALUES;
    this.#sum += value;
    this.#values[place] = value;
    this.#times[place] = this.#now();
  }

  /** The values below which these shares of the latest values are (nearest rank); `NaN` where there are none. */
  quantiles(shares: readonly number[]): number[] {
    const since = this.#now() - WINDOW_MS;
    const kept = Math.min(this.#count, MAX_VALUES);
    const latest = this.#values.slice(0, kept).filter((_, i) => this.#times[i] >= since).sort();
    return shares.map((share) => latest[Math.max(0, Math.ceil(share * latest.length) - 1)] ?? NaN);
  }
}
