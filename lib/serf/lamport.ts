/**
 * Logical clocks (Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", 1978).
 *
 * @module
 */

/** The time after `time`. It stops at 2^53 - 1, the last one that a number holds exactly. */
export function timeAfter(time: number): number {
  return Math.min(time + 1, Number.MAX_SAFE_INTEGER);
}

/** The time before `time`; there is none before 0. */
export function timeBefore(time: number): number {
  return Math.max(time - 1, 0);
}

/** A clock that advances with every message that we send, and beyond the time of every message that we receive. */
export class LamportClock {
  #time = 1;

  /** Starts at 1, because 0 stands for "no time", or after a `restored` time. */
  constructor(restored = 0) {
    this.witness(restored);
  }

  /** The time of the next message. */
  get time(): number {
    return this.#time;
  }

  /** Returns the current time and advances. */
  tick(): number {
    const time = this.#time;
    this.#time = timeAfter(time);
    return time;
  }

  /** Advances beyond the time of a message. */
  witness(time: number): void {
    if (time >= this.#time) this.#time = timeAfter(time);
  }
}
