/**
 * Closing the inspector that Deno opens on SIGUSR1, even in a process that listens for the signal itself. Any user of
 * the machine could connect to it and run code in the agent. Deno has no option against it.
 *
 * @module
 */

import { errorText } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { delay } from "../../base/timer.ts";

/** Deno opens the inspector in another thread, a few milliseconds after the listeners of the signal are called. */
const PAUSES_MS = [0, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000];

/** Closes the inspector as soon as it is open. Never rejects. */
export async function closeInspector(log: Log): Promise<void> {
  try {
    // Only now: it takes many milliseconds to load.
    const { close } = await import("node:inspector");
    for (const pauseMs of PAUSES_MS) {
      await delay(pauseMs);
      close();
    }
  } catch (error) {
    log("WARN", `agent: Failed to close the inspector: ${errorText(error)}`);
  }
}
