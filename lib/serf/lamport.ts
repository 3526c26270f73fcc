/**
 * Lamport clocks, by which Serf tells whether a user event, a query or an intent is newer than another one.
 *
 * @module
 */

import type { LamportTime } from "../base/lamport_time.ts";
import type { LogLevel } from "../base/log.ts";

/** The last time that the wire can carry. */
const LAST = 2n ** 64n - 1n;

/**
 * Times far beyond this one are not counted to but made up. A clock that followed them could not count on, and its
 * node's messages would be taken for old or known ones for ever.
 */
const MAX_WITNESSED = 2n ** 63n;
/**
 * How far beyond it, or beyond our own time, a time may be, so that clocks which have got there can still be followed.
 */
const MAX_LEAD = 2n ** 32n;

/** How often a clock logs that it refuses a time, milliseconds. */
const LOG_INTERVAL_MS = 60_000;

/** The time after `time`; the last one that fits into 64 bits has none. */
export function timeAfter(time: LamportTime): LamportTime {
  if (typeof time === "bigint") return time < LAST ? time + 1n : LAST;
  return time < Number.MAX_SAFE_INTEGER ? time + 1 : BigInt(time) + 1n;
}

/** The time before `time`; there is none before 0. */
export function timeBefore(time: LamportTime): LamportTime {
  if (typeof time === "bigint") return normalized(time - 1n);
  return Math.max(time - 1, 0);
}

/** The later one of two times. */
export function laterTime(a: LamportTime, b: LamportTime): LamportTime {
  return a < b ? b : a;
}

/** Whether a time is more than `count` times older than `now`. */
export function isOlderThan(time: LamportTime, now: LamportTime, count: number): boolean {
  if (typeof time === "number" && typeof now === "number") return time < now - count;
  return BigInt(time) + BigInt(count) < now;
}

/** The place of a time in a ring of `size` slots. */
export function ringIndex(time: LamportTime, size: number): number {
  return typeof time === "number" ? time % size : Number(time % BigInt(size));
}

/** The time that a text of digits stands for; `undefined` if it does not fit into 64 bits. */
export function parseTime(digits: string): LamportTime | undefined {
  if (digits.length > 32) return undefined;
  const time = BigInt(digits);
  return time <= LAST ? normalized(time) : undefined;
}

/** Whether a clock at `now` may follow a time that it is told. */
export function isBelievable(time: LamportTime, now: LamportTime = 0): boolean {
  if (typeof time === "number") return true;
  return time <= (now > MAX_WITNESSED ? BigInt(now) : MAX_WITNESSED) + MAX_LEAD;
}

function normalized(time: bigint): LamportTime {
  return time <= Number.MAX_SAFE_INTEGER ? Number(time) : time;
}

/** The node that a clock belongs to, as far as it needs it to log. */
export interface ClockOwner {
  readonly world: { readonly now: number };
  log(level: LogLevel, text: string): void;
}

/** A clock that advances with every message it stamps, and past every message it sees. */
export class LamportClock {
  readonly #owner: ClockOwner | undefined;
  #time: LamportTime = 1;
  #loggedAt = -Infinity;

  /** Starts at 1, so that the 0 of what has no time yet is older than everything; or after a `restored` time. */
  constructor(restored: LamportTime = 0, owner?: ClockOwner) {
    this.#owner = owner;
    if (restored !== 0 && isBelievable(restored)) this.#time = timeAfter(restored);
  }

  /** The time that the next message gets. */
  get time(): LamportTime {
    return this.#time;
  }

  /** Returns the current time and moves on. */
  tick(): LamportTime {
    const time = this.#time;
    this.#time = timeAfter(time);
    return time;
  }

  /**
   * Makes sure that we are later than a message of that time. Returns `false` if the time is not believable: then the
   * message is to be ignored, which is logged now and then.
   */
  witness(time: LamportTime): boolean {
    if (time < this.#time) return true;
    if (!isBelievable(time, this.#time)) {
      this.#logRefusal(time);
      return false;
    }
    this.#time = timeAfter(time);
    return true;
  }

  #logRefusal(time: LamportTime): void {
    if (this.#owner === undefined) return;
    const { now } = this.#owner.world;
    if (now - this.#loggedAt < LOG_INTERVAL_MS) return;
    this.#loggedAt = now;
    this.#owner.log("WARN", `Ignoring Lamport time ${time}, clock is at ${this.#time}`);
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { time: this.#time, loggedAt: this.#loggedAt };
  }

  load({ time, loggedAt }: ReturnType<LamportClock["save"]>): void {
    this.#time = time;
    this.#loggedAt = loggedAt;
  }
}
