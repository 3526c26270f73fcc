/**
 * The loop around a listening socket.
 *
 * @module
 */

import { delay } from "../../base/timer.ts";

const FIRST_DELAY_MS = 5;
const LONGEST_DELAY_MS = 1_000;

/** Settings of {@link serveLoop}. */
export interface ServeLoopOptions {
  /** Ends the loop, also during a delay. */
  readonly signal: AbortSignal;
  /** Called for every failed step, unless the loop is over. */
  readonly onError: (error: unknown) => void;
}

/**
 * Repeats `step` until the signal is aborted. After a step that failed, as accepting does when the process has no file
 * descriptors left, it waits, first 5 ms and then twice as long each time up to 1 s, until a step succeeds. Never rejects.
 */
export async function serveLoop(
  step: () => Promise<void>,
  { signal, onError }: ServeLoopOptions,
): Promise<void> {
  let delayMs = 0;
  while (!signal.aborted) {
    try {
      await step();
      delayMs = 0;
    } catch (error) {
      if (signal.aborted) return;
      onError(error);
      delayMs = Math.min(Math.max(FIRST_DELAY_MS, delayMs * 2), LONGEST_DELAY_MS);
      await delay(delayMs, signal);
    }
  }
}
