/**
 * Timers of a process that runs for long: {@link after} calls something later, {@link delay} waits, {@link endsWithin} waits for
 * something else. {@link afterAnswers} takes no time: it lets others go first.
 *
 * The first `setTimeout` of a process makes Deno load its `node:timers`, which takes an agent 4 ms of processor time at
 * its start, and 3 MiB for good. `Atomics.waitAsync` does not, and wakes Deno for half of what the timer of an `AbortSignal`
 * takes, but cannot be cancelled either; so all timers wait in one heap, and what wakes us for one is used for others, too. In
 * Deno a timer keeps the process alive until it has fired or is cancelled; that takes a signal, whose first costs a command
 * a millisecond, so those of {@link limit} do without.
 *
 * @module
 */

import { isDeno } from "./platform/load_platform.ts";
import { TimerHeap } from "./timer_heap.ts";

/** A call that is to come. */
export class Timer implements Disposable {
  #run: (() => void) | undefined;
  readonly #holds: boolean;

  /** Made by {@link after} and {@link limit}; `holds` tells them apart. */
  constructor(run: () => void, holds: boolean) {
    this.#run = run;
    this.#holds = holds;
  }

  /** Prevents the call, unless it has been made. */
  cancel(): void {
    this.#take();
    if (holding === 0) release();
    if (waiting === 0) rest();
  }

  /** Same as {@link cancel}. */
  [Symbol.dispose](): void {
    this.cancel();
  }

  /** Whether the call is still to come. Used by this module only. */
  get isWaiting(): boolean {
    return this.#run !== undefined;
  }

  /** Makes the call now. Used by this module only. */
  fire(): void {
    this.#take()?.();
  }

  #take(): (() => void) | undefined {
    const run = this.#run;
    this.#run = undefined;
    if (run === undefined) return undefined;
    waiting--;
    if (this.#holds) holding--;
    return run;
  }
}

/** The longest delay that Deno takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;
/** How late a timer may be so that it needs no wake-up of its own. */
const SLACK_MS = 1;
/**
 * How many promise jobs an answer may be away: from what another node has sent to the answer of a join over RPC it is two
 * dozen.
 */
const ANSWER_JOBS = 32;

let timers = new TimerHeap<Timer>();
/** How many of them have neither fired nor been cancelled. */
let waiting = 0;
/** How many of those keep the process alive. */
let holding = 0;
/** When we are going to be woken up, the latest first. */
const wakeUps: number[] = [];
/** The signals that do so, where it is them, in the same order. */
const signals: AbortSignal[] = [];
/** In Deno it keeps the process alive as long as somebody listens. */
let keepAlive: AbortSignal | undefined;
/** Whether somebody listens to it. */
let isHeld = false;
/** Nobody changes it. `undefined` where signals wake us up. */
let neverChanged = isDeno() ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
/** Whether it was tried to wait for it: with V8's flag `--single-threaded`, that never ends. */
let isTried = false;
/** How long waiting for a millisecond may take. */
const TRIAL_MS = 125;
/** How often it may take so long: when the event loop was blocked, time is up before the end of the wait is seen. */
const TRIALS = 2;

/** Calls `run` once, not before `ms` milliseconds have passed. */
export function after(ms: number, run: () => void): Timer {
  return at(performance.now() + Math.max(0, ms), run);
}

/** The same, not before that time on the clock of `performance.now()`. */
export function at(time: number, run: () => void): Timer {
  holding++;
  holdProcess();
  return start(time, new Timer(run, true));
}

/**
 * The same, but the process may end meanwhile: for what limits something that keeps it alive, such as a read. With V8's
 * flag `--single-threaded`, it takes another timer for these to work.
 */
export function limit(ms: number, run: () => void): Timer {
  return start(performance.now() + Math.max(0, ms), new Timer(run, false));
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

/**
 * Resolves in this turn of the event loop, when answers that are on their way have gone out: for what nobody waits for, such as
 * gossip, log lines and the end of a connection. Each of them takes a third of a millisecond where it is done seldom.
 */
export async function afterAnswers(): Promise<void> {
  for (let i = 0; i < ANSWER_JOBS; i++) await undefined;
}

function start(time: number, timer: Timer): Timer {
  waiting++;
  timers.push(time, timer);
  wakeBy(time);
  return timer;
}

/** Sees to it that we are woken up at that time, if we are not before. */
function wakeBy(time: number): void {
  if (time > (wakeUps.at(-1) ?? Infinity) - SLACK_MS) return;
  wakeUps.push(time);
  wakeAfter(Math.min(Math.max(0, time - performance.now()), MAX_DELAY_MS));
}

/** When the next timer is due that was not cancelled; `Infinity` if there is none. */
function nextTime(): number {
  while (timers.peek()?.isWaiting === false) timers.pop();
  return timers.peekTime() ?? Infinity;
}

/** Calls {@link wake} after a time. In Deno this alone does not keep the process alive. */
function wakeAfter(ms: number): void {
  if (neverChanged === undefined) {
    const signal = AbortSignal.timeout(Math.ceil(ms));
    signal.addEventListener("abort", wake);
    signals.push(signal);
    return;
  }
  const { async: isAsync, value } = Atomics.waitAsync(neverChanged, 0, 0, ms);
  const end = () => {
    if (neverChanged !== undefined) wake();
  };
  if (isAsync) value.then(end);
  else queueMicrotask(end);
}

function tryWaiting(cell: Int32Array): void {
  isTried = true;
  let left = TRIALS;
  let trial: AbortSignal;
  const watch = () => {
    trial = AbortSignal.timeout(TRIAL_MS);
    trial.addEventListener("abort", expire);
  };
  const expire = () => --left > 0 ? watch() : useSignals();
  watch();
  const { value } = Atomics.waitAsync(cell, 0, 0, 1);
  Promise.resolve(value).then(() => trial.removeEventListener("abort", expire));
}

/** Waiting does not end, or is so late that it is not waited for any more. */
function useSignals(): void {
  neverChanged = undefined;
  wakeUps.length = 0;
  wake();
}

/** The wake-up that was to come first has come. */
function wake(): void {
  wakeUps.pop();
  signals.pop();
  const now = performance.now();
  try {
    while (nextTime() <= now) timers.pop()!.fire();
  } finally {
    if (holding === 0) release();
    if (waiting === 0) rest();
    else wakeBy(nextTime());
  }
}

/** Keeps the process alive until {@link release}. */
function holdProcess(): void {
  if (isHeld) return;
  isHeld = true;
  if (!isTried && neverChanged !== undefined) tryWaiting(neverChanged);
  keepAlive ??= AbortSignal.timeout(MAX_DELAY_MS);
  keepAlive.addEventListener("abort", holdOn);
}

/** The signal of {@link holdProcess} has come to its end after weeks. */
function holdOn(): void {
  isHeld = false;
  keepAlive = undefined;
  holdProcess();
}

/** The process may end. */
function release(): void {
  if (!isHeld) return;
  isHeld = false;
  keepAlive?.removeEventListener("abort", holdOn);
}

/** Nothing is waited for any more: what is left in the heap was cancelled. */
function rest(): void {
  if (timers.size > 0) timers = new TimerHeap();
  if (neverChanged !== undefined) return;
  for (const signal of signals.splice(0)) signal.removeEventListener("abort", wake);
  wakeUps.length = 0;
}
