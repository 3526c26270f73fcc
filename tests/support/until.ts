/**
 * Waiting for something to become true, in real time.
 *
 * @module
 */

import { sleep } from "./sleep.ts";

/** What to say when the wait was in vain, and when that is. */
export interface UntilOptions {
  /** What is waited for; the source of the condition unless told otherwise. */
  readonly what?: string;
  /** What there is instead. */
  readonly detail?: () => string;
  /** Default 30 s. */
  readonly timeoutMs?: number;
}

const SHORTEST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

/** Asks again and again until a condition holds. Rejects with what was waited for when that takes too long. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { what = String(condition), detail = () => "", timeoutMs = 30_000 }: UntilOptions = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let pauseMs = SHORTEST_PAUSE_MS;
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}\n${detail()}`);
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
  }
}
