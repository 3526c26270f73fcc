/**
 * How a measured time is distributed, in constant memory: a histogram whose buckets grow with the value.
 *
 * @module
 */

/** Each bucket is so much wider than the one below it: percentiles are off by at most half of a percent. */
const GROWTH = 1.01;
/** Values up to this, milliseconds, share the first bucket. */
const SMALLEST_MS = 0.01;

/** Times in milliseconds, added one by one. */
export class Distribution {
  /** How many values never came. They count as larger than all others. */
  missed = 0;
  readonly #buckets: number[] = [];
  #count = 0;
  #max = 0;

  /** How many values came. */
  get count(): number {
    return this.#count;
  }

  /** The largest value, exactly; 0 if there is none. */
  get max(): number {
    return this.#max;
  }

  /** Adds a value, 0 or more. */
  add(ms: number): void {
    const bucket = ms <= SMALLEST_MS ? 0 : Math.ceil(Math.log(ms / SMALLEST_MS) / Math.log(GROWTH));
    while (this.#buckets.length <= bucket) this.#buckets.push(0);
    this.#buckets[bucket]++;
    this.#count++;
    this.#max = Math.max(this.#max, ms);
  }

  /** The value that a share of all values, 0 to 1, does not exceed; `undefined` if it never came. */
  percentile(share: number): number | undefined {
    return this.cumulative().find((point) => point.share >= share)?.ms;
  }

  /** For each value that came, rising: the share of all values up to it. */
  cumulative(): { readonly ms: number; readonly share: number }[] {
    const points = [];
    let seen = 0;
    for (const [bucket, count] of this.#buckets.entries()) {
      if (count === 0) continue;
      seen += count;
      const ms = bucket === 0 ? SMALLEST_MS : SMALLEST_MS * GROWTH ** (bucket - 0.5);
      points.push({ ms: Math.min(ms, this.#max), share: seen / (this.#count + this.missed) });
    }
    return points;
  }
}
