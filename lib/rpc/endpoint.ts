/**
 * Where RPC is served, as users give it: `host:port`, or `unix:` and the path of a socket.
 *
 * @module
 */

import { osErrorText } from "../go/os_error.ts";
import {
  type NetOperation,
  parseTcpEndpoint,
  systemCalls,
  type TcpEndpoint,
  tcpFailureText,
} from "./tcp_endpoint.ts";

/** A unix socket. */
export interface UnixEndpoint {
  readonly path: string;
}

/** Where to dial or to listen. */
export type Endpoint = TcpEndpoint | UnixEndpoint;

const UNIX_PREFIX = "unix:";

/** Parses an endpoint. Throws a `TypeError` in the words of Go's net package, as {@link parseTcpEndpoint} does. */
export function parseEndpoint(text: string, operation: NetOperation): Endpoint {
  const path = unixSocketPath(text);
  return path === undefined ? parseTcpEndpoint(text, operation) : { path };
}

/** The path of a unix socket, which has a slash in it: without one, `unix` is a host. `undefined` for other texts. */
export function unixSocketPath(text: string): string | undefined {
  if (!text.startsWith(UNIX_PREFIX) || !text.includes("/")) return undefined;
  return text.slice(UNIX_PREFIX.length);
}

/** A unix socket as text, as in `unix:/run/serf.sock`. */
export function formatUnixEndpoint({ path }: UnixEndpoint): string {
  return `${UNIX_PREFIX}${path}`;
}

/** A failed system call in the words of Go, such as `dial unix /run/serf.sock: connect: connection refused`. */
export function endpointFailureText(
  operation: NetOperation,
  endpoint: Endpoint,
  cause: Error,
): string {
  if (!("path" in endpoint)) return tcpFailureText(operation, endpoint, cause);
  return `${operation} unix ${endpoint.path}: ${systemCalls[operation]}: ${osErrorText(cause)}`;
}
