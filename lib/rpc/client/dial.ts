/**
 * Connecting to an agent.
 *
 * @module
 */

import { connect } from "../../base/connect.ts";
import { RpcError } from "../../base/errors.ts";
import {
  type Endpoint,
  endpointFailureText,
  parseEndpoint,
  type UnixEndpoint,
} from "../endpoint.ts";
import type { TcpEndpoint } from "../tcp_endpoint.ts";
import type { ChannelConnection } from "./rpc_channel.ts";

/** Limits of a dial. */
export interface DialOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Connects to `host:port`, where an empty host means this machine, or to `unix:` and a path. Rejects with an
 * {@link RpcError} with the message of Go's net package, such as `dial tcp 127.0.0.1:7373: connect: connection refused`,
 * or with the signal's reason.
 */
export async function dial(address: string, options: DialOptions): Promise<ChannelConnection> {
  const endpoint = parse(address);
  try {
    return await ("path" in endpoint
      ? connectUnix(endpoint, options)
      : connectTcp(endpoint, options));
  } catch (cause) {
    options.signal?.throwIfAborted();
    const reason = endpointFailureText("dial", endpoint, cause as Error);
    throw new RpcError("connect", reason, { cause });
  }
}

/** Such a connection is made at once or not at all. */
async function connectUnix({ path }: UnixEndpoint, { signal }: DialOptions) {
  signal?.throwIfAborted();
  return await Deno.connect({ transport: "unix", path });
}

async function connectTcp({ hostname, port }: TcpEndpoint, options: DialOptions) {
  const connection = await connect({ hostname: hostname || "127.0.0.1", port }, options);
  connection.setNoDelay(true);
  return connection;
}

function parse(address: string): Endpoint {
  try {
    return parseEndpoint(address, "dial");
  } catch (cause) {
    throw new RpcError("connect", (cause as TypeError).message, { cause });
  }
}
