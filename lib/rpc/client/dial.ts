/**
 * Connecting to an agent.
 *
 * @module
 */

import { RpcError, TimeoutError } from "../../base/errors.ts";
import { parseTcpEndpoint, type TcpEndpoint, tcpFailureText } from "../tcp_endpoint.ts";

/** What bounds a dial. */
export interface DialOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Opens a TCP connection to `host:port`; an empty host means this machine. Rejects with an {@link RpcError} in the words
 * of Go's net package, such as `dial tcp 127.0.0.1:7373: connect: connection refused`, or with the signal's reason.
 */
export async function dial(address: string, options: DialOptions): Promise<Deno.TcpConn> {
  const endpoint = parse(address);
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signals = options.signal ? [options.signal, timeout] : [timeout];
  try {
    const conn = await Deno.connect({
      hostname: endpoint.hostname || "127.0.0.1",
      port: endpoint.port,
      signal: AbortSignal.any(signals),
    });
    conn.setNoDelay(true);
    return conn;
  } catch (error) {
    options.signal?.throwIfAborted();
    const cause = timeout.aborted ? new TimeoutError("i/o timeout") : error as Error;
    throw new RpcError("connect", tcpFailureText("dial", endpoint, cause), { cause });
  }
}

function parse(address: string): TcpEndpoint {
  try {
    return parseTcpEndpoint(address, "dial");
  } catch (cause) {
    throw new RpcError("connect", (cause as TypeError).message, { cause });
  }
}
