/**
 * A connection to an agent over TLS, which is loaded only for that.
 *
 * @module
 */

import { abortable } from "../../base/abortable.ts";
import { DecodeError, errorText, RpcError, TimeoutError } from "../../base/errors.ts";
import { limit } from "../../base/timer.ts";
import type { Connection } from "../connection.ts";
import { loadTls } from "../tls.ts";
import type { RpcTlsOptions } from "../tls_options.ts";

/** Goes on in TLS. `connection` is closed if that fails. */
export async function secure(
  connection: Connection,
  options: RpcTlsOptions & { readonly serverName: string },
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<Connection> {
  const secured = (await loadTls()).connect(connection, options);
  const ending = new AbortController();
  const abort = () => ending.abort(signal?.reason);
  using _limit = limit(timeoutMs, () => ending.abort(new TimeoutError("tls: i/o timeout")));
  signal?.addEventListener("abort", abort);
  try {
    signal?.throwIfAborted();
    await abortable(secured.handshake(), ending.signal);
    return secured;
  } catch (cause) {
    secured.close();
    signal?.throwIfAborted();
    throw new RpcError("connect", errorText(cause), { cause });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/**
 * What an error of the first call means in TLS 1.3, where a client takes the handshake for done before the agent has seen
 * its certificate; `undefined` if the connection has not ended.
 */
export function tlsRefusal(error: unknown): RpcError | undefined {
  if (!(error instanceof RpcError) || error.cause === undefined) return undefined;
  const { cause } = error;
  const reason = cause instanceof DecodeError
    ? "tls: the agent has ended the connection: it may not accept this client's certificate"
    : errorText(cause);
  return new RpcError("connect", reason, { cause });
}
