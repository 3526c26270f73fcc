/**
 * The loop around a listening socket.
 *
 * @module
 */

import { delay } from "../../base/timer.ts";

const FIRST_DELAY_MS = 5;
const LONGEST_DELAY_MS = 1_000;

/** What ends a {@link serveLoop}, and who hears of its failures. */
export interface ServeLoopOptions {
  /** Ends the loop, also while it waits. */
  readonly signal: AbortSignal;
  /** Called for every failed step, unless the loop is over. */
  readonly onError: (error: unknown) => void;
}

/**
 * Runs `step` again and again until the signal is aborted. A step that fails, as accepting does when the process is out
 * of file descriptors, is followed by a pause that doubles from 5 ms to 1 s until one succeeds. Never rejects.
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
