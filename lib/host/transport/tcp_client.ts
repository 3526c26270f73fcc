/**
 * The dialling half of the stream transport.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import type { Address } from "../../base/address.ts";
import { errorText, TimeoutError } from "../../base/errors.ts";
import type { Metrics } from "../../base/metrics.ts";
import { after } from "../../base/timer.ts";
import type { Exchange, Reply } from "../../wire/messages/messages.ts";
import { encodeStream } from "../../wire/framing/stream.ts";
import type { WireOptions } from "../../wire/framing/wire_options.ts";
import { osErrorText } from "../../go/os_error.ts";
import { readMessage } from "./read_message.ts";
import { TimedConnection } from "./timed_connection.ts";

/** How to talk, and when to give up. */
export interface ExchangeOptions {
  readonly wire: WireOptions;
  /** Aborts the exchange, which then fails. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly metrics?: Metrics;
}

/**
 * One stream exchange with `to`: dials, writes, and reads the answer, all of it before the exchange's deadline. Never
 * rejects: every failure becomes a {@link Reply} in the words of Go's net package.
 */
export async function exchangeOverTcp(
  to: Address,
  { message, timeoutMs }: Exchange,
  { wire, signal, log, metrics }: ExchangeOptions,
): Promise<Reply> {
  const deadline = performance.now() + timeoutMs;
  let conn: Deno.TcpConn;
  try {
    conn = await dial(to, timeoutMs, signal);
  } catch (error) {
    const refused = error instanceof Deno.errors.ConnectionRefused;
    return { ok: false, error: `dial tcp ${to}: ${dialErrorText(error)}`, refused };
  }
  metrics?.count("memberlist.tcp.connect");
  using connection = new TimedConnection(conn, deadline - performance.now());
  const close = () => connection.close();
  signal.addEventListener("abort", close);
  try {
    signal.throwIfAborted();
    const bytes = encodeStream(message, wire, "dialler");
    metrics?.count("memberlist.tcp.sent", bytes.length);
    await connection.write(bytes);
    const answer = await readMessage(connection, { wire, role: "dialler", peer: to, log });
    if (answer === undefined) throw new Error("EOF");
    return { ok: true, message: answer };
  } catch (error) {
    return { ok: false, error: errorText(error), refused: false };
  } finally {
    signal.removeEventListener("abort", close);
  }
}

/** Rejects with the system's error, the signal's reason, or a `TimeoutError`. */
async function dial(to: Address, timeoutMs: number, signal: AbortSignal): Promise<Deno.TcpConn> {
  const ending = new AbortController();
  const abort = () => ending.abort(signal.reason);
  using _deadline = after(timeoutMs, () => ending.abort(new TimeoutError("i/o timeout")));
  signal.addEventListener("abort", abort);
  try {
    signal.throwIfAborted();
    return await Deno.connect({ hostname: to.host, port: to.port, signal: ending.signal });
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function dialErrorText(error: unknown): string {
  return error instanceof TimeoutError ? error.message : `connect: ${osErrorText(error)}`;
}
