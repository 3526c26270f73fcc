/**
 * Connecting to an agent.
 *
 * @module
 */

import { connect } from "../../base/connect.ts";
import { RpcError } from "../../base/errors.ts";
import { parseTcpEndpoint, type TcpEndpoint, tcpFailureText } from "../tcp_endpoint.ts";

/** Limits of a dial. */
export interface DialOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Connects to `host:port`; an empty host means this machine. Rejects with an {@link RpcError} with the message of Go's net
 * package, such as `dial tcp 127.0.0.1:7373: connect: connection refused`, or with the signal's reason.
 */
export async function dial(address: string, options: DialOptions): Promise<Deno.TcpConn> {
  const endpoint = parse(address);
  try {
    const hostname = endpoint.hostname || "127.0.0.1";
    const conn = await connect({ hostname, port: endpoint.port }, options);
    conn.setNoDelay(true);
    return conn;
  } catch (cause) {
    options.signal?.throwIfAborted();
    const reason = tcpFailureText("dial", endpoint, cause as Error);
    throw new RpcError("connect", reason, { cause });
  }
}

function parse(address: string): TcpEndpoint {
  try {
    return parseTcpEndpoint(address, "dial");
  } catch (cause) {
    throw new RpcError("connect", (cause as TypeError).message, { cause });
  }
}
