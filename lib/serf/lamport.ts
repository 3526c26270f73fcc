/**
 * Logical clocks (Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", 1978).
 *
 * @module
 */

/** The time after `time`. Saturates at 2^53 - 1, the last one that a number holds exactly. */
export function timeAfter(time: number): number {
  return Math.min(time + 1, Number.MAX_SAFE_INTEGER);
}

/** The time before `time`; there is none before 0. */
export function timeBefore(time: number): number {
  return Math.max(time - 1, 0);
}

/** A clock that advances with every message it stamps, and past every message it sees. */
export class LamportClock {
  #time = 1;

  /** Starts at 1, so that the 0 of what has no time yet is older than everything; or after a `restored` time. */
  constructor(restored = 0) {
    this.witness(restored);
  }

  /** The time that the next message gets. */
  get time(): number {
    return this.#time;
  }

  /** Returns the current time and moves on. */
  tick(): number {
    const time = this.#time;
    this.#time = timeAfter(time);
    return time;
  }

  /** Makes sure that we are later than a message of that time. */
  witness(time: number): void {
    if (time >= this.#time) this.#time = timeAfter(time);
  }
}
