/**
 * Waiting for something to become true, in real time.
 *
 * @module
 */

/** Waits until `condition` holds; fails if it does not before the deadline. */
export async function until(condition: () => boolean, deadlineMs = 10_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Not within ${deadlineMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
