/**
 * Reading what an agent keeps sending.
 *
 * @module
 */

import { RpcError } from "../base/errors.ts";
import type { Subscription } from "../base/subscription.ts";

/**
 * Hands over one record after another until there are no more, the agent is gone, or `interrupt` is aborted; nothing is
 * handed over after that.
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
