/**
 * Connecting to an agent.
 *
 * @module
 */

import { connect, sendAtOnce } from "../../base/connect.ts";
import { RpcError } from "../../base/errors.ts";
import { loadPlatform } from "../../base/platform/load_platform.ts";
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
  const { secure } = await import("./secure.ts");
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
