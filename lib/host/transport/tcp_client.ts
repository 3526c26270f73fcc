/**
 * Stream exchanges that this node begins: push/pull, and the fallback ping over TCP.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import type { Address } from "../../base/address.ts";
import { connect } from "../../base/connect.ts";
import { errorCode, errorText, TimeoutError } from "../../base/errors.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { TcpConnection } from "../../base/platform/platform.ts";
import { afterAnswers } from "../../base/timer.ts";
import type { Exchange, Reply, StreamMessage } from "../../wire/messages/messages.ts";
import { encodeStream } from "../../wire/framing/stream.ts";
import type { WireOptions } from "../../wire/framing/wire_options.ts";
import { osErrorText } from "../../go/os_error.ts";
import { countSent } from "./count_sent.ts";
import { readMessage } from "./read_message.ts";
import { TimedConnection } from "./timed_connection.ts";

/** Settings of an exchange. */
export interface ExchangeOptions {
  readonly wire: WireOptions;
  /** Makes the exchange fail. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly metrics?: Metrics;
}

/**
 * Connects to `to`, writes the message and reads the answer, all before the exchange's deadline. Never rejects: a failure
 * becomes a {@link Reply} with the message of Go's net package.
 */
export async function exchangeOverTcp(
  to: Address,
  { message, timeoutMs }: Exchange,
  options: ExchangeOptions,
): Promise<Reply> {
  const { signal, metrics } = options;
  const deadline = performance.now() + timeoutMs;
  let conn: TcpConnection;
  try {
    conn = await connect({ hostname: to.host, port: to.port }, { timeoutMs, signal });
  } catch (error) {
    const refused = errorCode(error) === "ECONNREFUSED";
    return { ok: false, error: `dial tcp ${to}: ${dialErrorText(error)}`, refused };
  }
  try {
    const connection = new TimedConnection(conn, deadline - performance.now());
    metrics?.count("memberlist.tcp.connect");
    return { ok: true, message: await exchangeOver(connection, { to, message }, options) };
  } catch (error) {
    return { ok: false, error: errorText(error), refused: false };
  }
}

/** Writes the message, reads the answer, and closes the connection, which the signal does sooner. */
async function exchangeOver(
  connection: TimedConnection,
  { to, message }: { readonly to: Address; readonly message: StreamMessage },
  { wire, signal, log, metrics }: ExchangeOptions,
): Promise<StreamMessage> {
  const close = () => connection.close();
  signal.addEventListener("abort", close);
  try {
    signal.throwIfAborted();
    const bytes = encodeStream(message, wire, "dialler");
    countSent(message, bytes, metrics);
    await connection.write(bytes);
    const answer = await readMessage(connection, { wire, role: "dialler", peer: to, log, metrics });
    if (answer === undefined) throw new Error("EOF");
    return answer;
  } finally {
    // Not by a signal of our own: to abort one takes a first join nearly a millisecond.
    signal.removeEventListener("abort", close);
    afterAnswers().then(close);
  }
}

function dialErrorText(error: unknown): string {
  return error instanceof TimeoutError ? error.message : `connect: ${osErrorText(error)}`;
}
