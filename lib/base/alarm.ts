/**
 * Timers of a process that runs for long.
 *
 * The first `setTimeout` of a process makes Deno load its `node:timers`, which takes an agent 4 ms of processor time at
 * its start, and 3 MiB for good. The timer of an `AbortSignal` does not, but cannot be cancelled; so one at a time stands
 * for all alarms. Like it, an alarm does not keep the process alive: that is left to the sockets.
 *
 * @module
 */

import { TimerHeap } from "./timer_heap.ts";

/** Something that is going to be done. */
export class Alarm implements Disposable {
  #ring: (() => void) | undefined;

  private constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Calls `ring` once, not before `ms` milliseconds have passed. */
  static after(ms: number, ring: () => void): Alarm {
    const alarm = new Alarm(ring);
    alarms.push(performance.now() + Math.max(0, ms), alarm);
    schedule();
    return alarm;
  }

  /** Sees to it that nothing is done any more. */
  cancel(): void {
    this.#ring = undefined;
  }

  [Symbol.dispose](): void {
    this.cancel();
  }

  /** For this module: the time has come. */
  static ring(alarm: Alarm): void {
    const ring = alarm.#ring;
    alarm.#ring = undefined;
    ring?.();
  }
}

/** The longest delay that Deno takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

const alarms = new TimerHeap<Alarm>();
/** When the earliest signal is due; later ones that were overtaken find nothing to do. */
let wakeAt = Infinity;

function schedule(): void {
  const at = alarms.peekTime() ?? Infinity;
  if (at >= wakeAt) return;
  wakeAt = at;
  const delayMs = Math.min(Math.max(0, Math.ceil(at - performance.now())), MAX_DELAY_MS);
  AbortSignal.timeout(delayMs).addEventListener("abort", () => wake(at));
}

function wake(at: number): void {
  if (at !== wakeAt) return;
  wakeAt = Infinity;
  const now = performance.now();
  try {
    while ((alarms.peekTime() ?? Infinity) <= now) Alarm.ring(alarms.pop()!);
  } finally {
    schedule();
  }
}
