/**
 * Timers of a process that runs for long: {@link after} calls something later, {@link delay} waits, {@link endsWithin} waits for
 * something else.
 *
 * The first `setTimeout` of a process makes Deno load its `node:timers`, which takes an agent 4 ms of processor time at
 * its start, and 3 MiB for good. The timer of an `AbortSignal` does not, but cannot be cancelled; so all timers wait in
 * one heap, and one signal at a time stands for the earliest. In Deno a timer keeps the process alive until it has fired
 * or is cancelled.
 *
 * @module
 */

import { TimerHeap } from "./timer_heap.ts";

/** A call that is to come. */
export class Timer implements Disposable {
  #run: (() => void) | undefined;

  /** Made by {@link after}. */
  constructor(run: () => void) {
    this.#run = run;
  }

  /** Prevents the call, unless it has been made. */
  cancel(): void {
    this.#take();
  }

  /** Same as {@link cancel}. */
  [Symbol.dispose](): void {
    this.cancel();
  }

  /** Makes the call now. Used by this module only. */
  fire(): void {
    this.#take()?.();
  }

  #take(): (() => void) | undefined {
    const run = this.#run;
    this.#run = undefined;
    if (run !== undefined && --waiting === 0) rest();
    return run;
  }
}

/** The longest delay that Deno takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

let timers = new TimerHeap<Timer>();
/** How many of them have neither fired nor been cancelled. */
let waiting = 0;
/** When the signal of the earliest is due. */
let wakeAt = Infinity;
/** Lets go of that signal, so that it does not keep the process alive. */
let forgetSignal = () => {};

/** Calls `run` once, not before `ms` milliseconds have passed. */
export function after(ms: number, run: () => void): Timer {
  const timer = new Timer(run);
  waiting++;
  timers.push(performance.now() + Math.max(0, ms), timer);
  schedule();
  return timer;
}

/** Resolves after `ms` milliseconds, or as soon as the signal is aborted; at once if there is nothing to wait for. */
export async function delay(ms: number, signal?: AbortSignal): Promise<void> {
  if (!(ms > 0) || signal?.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  using _timer = after(ms, end);
  signal?.addEventListener("abort", end);
  await promise;
  signal?.removeEventListener("abort", end);
}

/** Whether a promise resolves in time. Rejects as it does, if that comes first. */
export async function endsWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise: timeout, resolve } = Promise.withResolvers<boolean>();
  using _timer = after(ms, () => resolve(false));
  return await Promise.race([promise.then(() => true), timeout]);
}

function schedule(): void {
  const at = timers.peekTime() ?? Infinity;
  if (at >= wakeAt) return;
  forgetSignal();
  wakeAt = at;
  const delayMs = Math.min(Math.max(0, Math.ceil(at - performance.now())), MAX_DELAY_MS);
  const signal = AbortSignal.timeout(delayMs);
  signal.addEventListener("abort", wake);
  forgetSignal = () => signal.removeEventListener("abort", wake);
}

function wake(): void {
  wakeAt = Infinity;
  const now = performance.now();
  try {
    while ((timers.peekTime() ?? Infinity) <= now) timers.pop()!.fire();
  } finally {
    schedule();
  }
}

/** Nothing is waited for any more: what is left in the heap was cancelled. */
function rest(): void {
  forgetSignal();
  wakeAt = Infinity;
  timers = new TimerHeap();
}
