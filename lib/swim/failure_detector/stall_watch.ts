/**
 * Notices when this process stood still: it was stopped, its event loop was blocked, or the machine was overloaded.
 *
 * memberlist has nothing like it. There, a process that wakes up after a pause finds that its probes and suspicions have
 * timed out, and declares healthy members dead. Here, a timer that fires far too late shows that the time was lost on our
 * side; the machine then raises our own health score instead.
 *
 * @module
 */

import type { Profile } from "../config.ts";

/** Measures lost time by late timers. When several timers are late by the same pause, it is reported once. */
export class StallWatch {
  readonly #toleranceMs: number;
  /** Lost time has been reported up to here. */
  #reportedUntil = -Infinity;

  constructor({ stallAware, probeTimeoutMs }: Profile) {
    // A smaller delay leaves an ack at least half of the time that it has.
    this.#toleranceMs = stallAware ? probeTimeoutMs / 2 : Infinity;
  }

  /** The milliseconds that were lost until now, seen from a timer that was due at `due`; 0 if that is tolerable. */
  lostMs(due: number, now: number): number {
    const ms = now - Math.max(due, this.#reportedUntil);
    if (ms <= this.#toleranceMs) return 0;
    this.#reportedUntil = now;
    return ms;
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { reportedUntil: this.#reportedUntil };
  }

  load({ reportedUntil }: ReturnType<StallWatch["save"]>): void {
    this.#reportedUntil = reportedUntil;
  }
}
