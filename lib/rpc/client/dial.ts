/**
 * Connecting to an agent.
 *
 * @module
 */

import { connect, sendAtOnce } from "../../base/connect.ts";
import { abortable } from "../../base/abortable.ts";
import { DecodeError, errorText, RpcError, TimeoutError } from "../../base/errors.ts";
import { loadPlatform } from "../../base/platform/load_platform.ts";
import { limit } from "../../base/timer.ts";
import {
  type Endpoint,
  endpointFailureText,
  parseEndpoint,
  type UnixEndpoint,
} from "../endpoint.ts";
import type { TcpEndpoint } from "../tcp_endpoint.ts";
import type { Connection } from "../connection.ts";
import type { RpcTlsOptions } from "../tls_options.ts";

/** Limits of a dial. */
interface Limits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** How an agent is dialled. */
export interface DialOptions extends Limits {
  /** Default: no TLS. */
  readonly tls?: RpcTlsOptions;
}

/**
 * Connects to `host:port`, where an empty host means this machine, or to `unix:` and a path. Rejects with an
 * {@link RpcError} with the message of Go's net package, such as `dial tcp 127.0.0.1:7373: connect: connection refused`,
 * with one such as `tls: self-signed certificate`, or with the signal's reason.
 */
export async function dial(
  address: string,
  { tls, ...limits }: DialOptions,
): Promise<Connection> {
  const endpoint = parse(address);
  const connection = await connectTo(endpoint, limits);
  if (tls === undefined) return connection;
  const host = "path" in endpoint ? "localhost" : endpoint.hostname || "127.0.0.1";
  return await secure(connection, { ...tls, serverName: tls.serverName ?? host }, limits);
}

async function connectTo(endpoint: Endpoint, limits: Limits): Promise<Connection> {
  try {
    return await ("path" in endpoint
      ? connectUnix(endpoint, limits)
      : connectTcp(endpoint, limits));
  } catch (cause) {
    limits.signal?.throwIfAborted();
    const reason = endpointFailureText("dial", endpoint, cause as Error);
    throw new RpcError("connect", reason, { cause });
  }
}

/** Goes on in TLS. `connection` is closed if that fails. */
async function secure(
  connection: Connection,
  options: RpcTlsOptions & { readonly serverName: string },
  { timeoutMs, signal }: Limits,
): Promise<Connection> {
  const { loadTls } = await import("../tls.ts");
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

/** Such a connection is made at once or not at all. */
async function connectUnix({ path }: UnixEndpoint, { signal }: Limits) {
  signal?.throwIfAborted();
  return await (await loadPlatform()).connectUnix(path);
}

async function connectTcp({ hostname, port }: TcpEndpoint, limits: Limits) {
  const connection = await connect({ hostname: hostname || "127.0.0.1", port }, limits);
  sendAtOnce(connection);
  return connection;
}

function parse(address: string): Endpoint {
  try {
    return parseEndpoint(address, "dial");
  } catch (cause) {
    throw new RpcError("connect", (cause as TypeError).message, { cause });
  }
}
