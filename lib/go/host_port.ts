/**
 * Endpoints as people write them: `host:port`, with brackets around IPv6.
 *
 * @module
 */

/** The two halves of an endpoint in text form; neither has been checked any further. */
export interface HostPort {
  /** Host name or IP literal, without brackets; may be empty. */
  readonly host: string;
  /** What stands behind the last colon; `undefined` when the text has no port. */
  readonly port: string | undefined;
}

/**
 * Splits `host`, `host:port`, `[v6]` or `[v6]:port`. Several colons outside brackets are taken for an IPv6 address if
 * they form no `host:port`, so a bare `::1` is a host. Throws a `TypeError` in Go's words if brackets do not match.
 */
export function splitHostPort(text: string): HostPort {
  if (text.startsWith("[")) return splitBracketed(text);
  const colon = text.lastIndexOf(":");
  if (colon === -1) return { host: text, port: undefined };
  if (text.indexOf(":") !== colon) return { host: text, port: undefined };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

/** Parses a port number, 0 to 65535. Throws a `TypeError` in Go's words for anything else. */
export function parsePort(text: string): number {
  if (!/^[-+]?\d+$/.test(text)) throw new TypeError(`address tcp/${text}: unknown port`);
  const port = Number(text);
  if (port < 0 || port > 65_535) throw new TypeError(`address ${text}: invalid port`);
  return port;
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
