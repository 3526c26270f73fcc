/**
 * Connecting over TCP with a time limit, and what a new connection needs.
 *
 * @module
 */

import { TimeoutError } from "./errors.ts";
import { loadPlatform } from "./platform/load_platform.ts";
import type { Endpoint, TcpConnection } from "./platform/platform.ts";
import { limit } from "./timer.ts";

/** Connects. Rejects with the system's error, the signal's reason, or a `TimeoutError` that says `i/o timeout`. */
export async function connect(
  target: Endpoint,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<TcpConnection> {
  signal?.throwIfAborted();
  const ending = new AbortController();
  const abort = () => ending.abort(signal?.reason);
  using _limit = limit(timeoutMs, () => ending.abort(new TimeoutError("i/o timeout")));
  signal?.addEventListener("abort", abort);
  try {
    const { connectTcp } = await loadPlatform();
    const conn = await connectTcp(target, ending.signal);
    if (!ending.signal.aborted) return conn;
    conn.close();
  } catch (error) {
    if (!ending.signal.aborted) throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  throw ending.signal.reason;
}

/** Lets what is written be sent at once. A connection that the other side has reset already is closed, and this throws. */
export function sendAtOnce(conn: TcpConnection): void {
  try {
    conn.setNoDelay(true);
  } catch (error) {
    conn.close();
    throw error;
  }
}
