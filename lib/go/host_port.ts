/**
 * Endpoints in the form `host:port`, with brackets around IPv6 addresses, and with the error messages of Go's `net`.
 *
 * @module
 */

import { goQuote } from "./quote.ts";

/** The two parts of an endpoint, which need not be a valid host and port. */
export interface HostPort {
  /** Host name or IP literal, without brackets; may be empty. */
  readonly host: string;
  /** The text after the last colon; `undefined` if there is no port. */
  readonly port: string | undefined;
}

/**
 * Splits `host`, `host:port`, `[v6]` or `[v6]:port`. Text with several colons outside brackets, such as `::1`, is a host
 * without a port. Throws a `TypeError` with Go's message if the brackets are malformed.
 */
export function splitHostPort(text: string): HostPort {
  if (text.startsWith("[")) return splitBracketed(text);
  const colon = text.lastIndexOf(":");
  if (colon === -1) return { host: text, port: undefined };
  if (text.indexOf(":") !== colon) return { host: text, port: undefined };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

/** Parses a port number, 0 to 65535. Throws a `TypeError` with Go's message for anything else. */
export function parsePort(text: string): number {
  if (!/^[-+]?\d+$/.test(text)) throw new TypeError(`address tcp/${text}: unknown port`);
  const port = Number(text);
  if (port < 0 || port > 65_535) throw new TypeError(`address ${text}: invalid port`);
  return port;
}

/**
 * Parses a port number as `strconv.ParseUint` does, with which memberlist reads ports: nothing but digits, up to 65535.
 * Throws a `TypeError` with Go's message for anything else.
 */
export function parsePortNumber(text: string): number {
  const refuse = (reason: string): never => {
    throw new TypeError(`strconv.ParseUint: parsing ${goQuote(text)}: ${reason}`);
  };
  if (!/^\d+$/.test(text)) refuse("invalid syntax");
  const port = Number(text);
  return port <= 65_535 ? port : refuse("value out of range");
}

function splitBracketed(text: string): HostPort {
  const end = text.indexOf("]");
  if (end === -1) throw new TypeError(`address ${text}: missing ']' in address`);
  const host = text.slice(1, end);
  const rest = text.slice(end + 1);
  if (rest === "") return { host, port: undefined };
  if (!rest.startsWith(":") || rest.indexOf(":", 1) !== -1) {
    throw new TypeError(`address ${text}: too many colons in address`);
  }
  return { host, port: rest.slice(1) };
}
