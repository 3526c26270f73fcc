/**
 * TCP endpoints as users give them to the RPC server and client, and their errors in the words of Go.
 *
 * @module
 */

import { formatHostPort } from "../base/address.ts";
import { errorCode, TimeoutError } from "../base/errors.ts";
import { parsePort, splitHostPort } from "../go/host_port.ts";
import { osErrorText } from "../go/os_error.ts";

/** Where to dial or to listen. */
export interface TcpEndpoint {
  /** Host name or IP literal; empty when the text began with the colon. */
  readonly hostname: string;
  readonly port: number;
}

/** The system call that Go's errors name for each operation. */
export const systemCalls = { dial: "connect", listen: "bind" } as const;

/** What is done with an endpoint. */
export type NetOperation = keyof typeof systemCalls;

/**
 * Parses `host:port`. Throws a `TypeError` in the words of Go's net package, such as `dial tcp: address localhost: missing
 * port in address`.
 */
export function parseTcpEndpoint(text: string, operation: NetOperation): TcpEndpoint {
  try {
    const { host: hostname, port } = splitHostPort(text);
    if (port === undefined) throw new TypeError(missingPort(text));
    return { hostname, port: port === "" ? 0 : parsePort(port) };
  } catch (cause) {
    throw new TypeError(`${operation} tcp: ${(cause as TypeError).message}`, { cause });
  }
}

/** A failed system call in the words of Go, such as `dial tcp 127.0.0.1:7373: connect: connection refused`. */
export function tcpFailureText(
  operation: NetOperation,
  { hostname, port }: TcpEndpoint,
  cause: Error,
): string {
  if (cause.message.startsWith("failed to lookup") || errorCode(cause) === "ENOTFOUND") {
    return `${operation} tcp: lookup ${hostname}: no such host`;
  }
  const target = `${operation} tcp ${formatHostPort(hostname, port)}`;
  if (cause instanceof TimeoutError) return `${target}: ${cause.message}`;
  return `${target}: ${systemCalls[operation]}: ${osErrorText(cause)}`;
}

function missingPort(text: string): string {
  if (text === "") return "missing address";
  const bareIpv6 = text.includes(":") && !text.startsWith("[");
  return `address ${text}: ${bareIpv6 ? "too many colons in address" : "missing port in address"}`;
}
