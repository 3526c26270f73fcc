/**
 * The index of blocking reads, after Consul's: a number that grows with every change, and a wait for the next one.
 *
 * @module
 */

import { delay } from "../../base/timer.ts";

/** How long a blocking read waits unless it says otherwise, and at most; Consul has the same. */
export const DEFAULT_WAIT_MS = 300_000;
/** See {@link DEFAULT_WAIT_MS}. */
export const MAX_WAIT_MS = 600_000;

/** The number of the latest change, and those who wait for the next. */
export class ChangeIndex {
  // Begins with the time, so that the indexes of an agent that is started again are larger than those before.
  #value = Date.now();
  #waiters = new Set<AbortController>();

  get value(): number {
    return this.#value;
  }

  /** How many reads wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Notes a change. */
  bump(): void {
    this.#value++;
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const waiter of waiters) waiter.abort();
  }

  /**
   * Resolves at the next change, after `waitMs`, or when the signal is aborted; at once if `index` is not the present
   * value.
   */
  async wait(
    index: number,
    { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<void> {
    if (index !== this.#value || signal.aborted) return;
    const waiter = new AbortController();
    const end = () => waiter.abort();
    this.#waiters.add(waiter);
    signal.addEventListener("abort", end);
    await delay(waitMs, waiter.signal);
    signal.removeEventListener("abort", end);
    this.#waiters.delete(waiter);
  }
}
