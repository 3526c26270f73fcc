/**
 * Notices when this node itself stands still.
 *
 * @module
 */

import type { Profile } from "../config.ts";

/**
 * Tells from late timers how much time was lost: the process was stopped, its event loop blocked, or the machine
 * overloaded. Time that several late timers have in common is told once.
 */
export class StallWatch {
  readonly #toleranceMs: number;
  /** Up to when lost time has been told. */
  #toldUntil = -Infinity;

  constructor({ stallAware, probeTimeoutMs }: Profile) {
    // Less than this leaves an ack at least half of its time.
    this.#toleranceMs = stallAware ? probeTimeoutMs / 2 : Infinity;
  }

  /** The milliseconds up to now that were lost, as a timer shows that was due some time ago; 0 if that is tolerable. */
  lostMs(due: number, now: number): number {
    const ms = now - Math.max(due, this.#toldUntil);
    if (ms <= this.#toleranceMs) return 0;
    this.#toldUntil = now;
    return ms;
  }
}
