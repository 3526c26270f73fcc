/**
 * Noticing that the other side has stopped reading.
 *
 * @module
 */

import { after } from "../base/timer.ts";

/** What a watch looks for, and what it does then. */
export interface WriteWatchOptions {
  /** How long a write may take, waiting for those before it included. */
  readonly timeoutMs: number;
  /** Called when a write has taken longer. */
  readonly onTimeout: () => void;
}

/**
 * Watches writes that finish in the order in which they begin. One timer serves them all, whatever their rate.
 */
export class WriteWatch {
  readonly #timeoutMs: number;
  readonly #onTimeout: () => void;
  /** When the unfinished writes began, oldest first. */
  readonly #begun: number[] = [];
  #waiting = false;

  constructor({ timeoutMs, onTimeout }: WriteWatchOptions) {
    this.#timeoutMs = timeoutMs;
    this.#onTimeout = onTimeout;
  }

  /** Watches a write that has just begun, and settles as it does. */
  async watch(write: Promise<void>): Promise<void> {
    this.#begun.push(performance.now());
    if (!this.#waiting) this.#wait(this.#timeoutMs);
    try {
      await write;
    } finally {
      this.#begun.shift();
    }
  }

  #wait(ms: number): void {
    this.#waiting = true;
    after(ms, () => this.#look());
  }

  #look(): void {
    this.#waiting = false;
    const [oldest] = this.#begun;
    if (oldest === undefined) return;
    const leftMs = oldest + this.#timeoutMs - performance.now();
    if (leftMs > 0) this.#wait(leftMs);
    else this.#onTimeout();
  }
}
