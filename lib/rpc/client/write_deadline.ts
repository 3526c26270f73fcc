/**
 * A deadline for every write to an agent, as Go's `SetWriteDeadline` sets it: a write that does not finish means that the
 * agent has stopped reading.
 *
 * @module
 */

import { limit } from "../../base/timer.ts";

/** How long writes may take, and what happens then. */
interface WriteDeadlineOptions {
  /** How long a write may take, including its wait for earlier ones. */
  readonly timeoutMs: number;
  /** Called once when a write has taken longer. */
  readonly onTimeout: () => void;
}

/** Times writes that finish in the order in which they begin. All of them share one timer. */
export class WriteDeadline {
  readonly #timeoutMs: number;
  readonly #onTimeout: () => void;
  /** When the unfinished writes began, oldest first. */
  readonly #begun: number[] = [];
  #timerIsSet = false;

  constructor({ timeoutMs, onTimeout }: WriteDeadlineOptions) {
    this.#timeoutMs = timeoutMs;
    this.#onTimeout = onTimeout;
  }

  /** Takes a write that has just begun, and settles as it does. */
  async time(write: Promise<void>): Promise<void> {
    this.#begun.push(performance.now());
    if (!this.#timerIsSet) this.#setTimer(this.#timeoutMs);
    try {
      await write;
    } finally {
      this.#begun.shift();
    }
  }

  #setTimer(ms: number): void {
    this.#timerIsSet = true;
    limit(ms, () => this.#check());
  }

  #check(): void {
    this.#timerIsSet = false;
    const [oldest] = this.#begun;
    if (oldest === undefined) return;
    const leftMs = oldest + this.#timeoutMs - performance.now();
    if (leftMs > 0) this.#setTimer(leftMs);
    else this.#onTimeout();
  }
}
