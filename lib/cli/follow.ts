/**
 * Reading the records that an agent streams, such as log lines and query responses.
 *
 * @module
 */

import { RpcError } from "../base/errors.ts";
import type { Subscription } from "../base/subscription.ts";

/**
 * Calls `handle` for each record, until there are no more, the connection to the agent is lost, or `interrupt` is aborted.
 */
export async function follow<T>(
  records: Subscription<T>,
  { interrupt, handle }: {
    readonly interrupt: AbortSignal;
    readonly handle: (record: T) => void;
  },
): Promise<void> {
  const stop = () => records[Symbol.dispose]();
  interrupt.addEventListener("abort", stop);
  if (interrupt.aborted) stop();
  try {
    for await (const record of records) handle(record);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
  } finally {
    interrupt.removeEventListener("abort", stop);
  }
}
