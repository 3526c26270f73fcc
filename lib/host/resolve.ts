/**
 * Resolving `host[:port]` to addresses, as memberlist resolves the targets of a join (`resolveAddr`).
 *
 * @module
 */

import { Address, formatHostPort, parseIp } from "../base/address.ts";
import { errorCode } from "../base/errors.ts";
import { loadPlatform } from "../base/platform/load_platform.ts";
import { decodeText } from "../base/text.ts";
import { parsePort, parsePortNumber, splitHostPort } from "../go/host_port.ts";

/** The port of the protocol. */
export const DEFAULT_PORT = 7946;

/** Looks up the IP addresses of a host name; rejects with an `Error` whose message is one line. */
export type LookupHost = (host: string) => Promise<readonly string[]>;

/** Settings of a resolution. */
export interface ResolveOptions {
  /** The port if the text has none. */
  readonly defaultPort: number;
  /** Default: the system's resolver. */
  readonly lookup?: LookupHost;
}

/**
 * Resolves the target of a join, `[name/]host[:port]`, to all of its addresses. The node's name in front is for
 * transports other than memberlist's own, and is ignored. Rejects with an `Error` whose message is one line, for instance
 * `lookup web on 10.0.0.53:53: no such host`.
 */
export async function resolveTarget(text: string, options: ResolveOptions): Promise<Address[]> {
  const slash = text.indexOf("/");
  if (slash === 0) throw new TypeError("empty node name provided");
  const { host, port } = splitHostPort(text.slice(slash + 1));
  return await resolveHost(host, port === undefined ? undefined : parsePortNumber(port), options);
}

/**
 * Resolves `host[:port]` to all of its addresses; an empty host is `0.0.0.0`, all addresses of the machine. Rejects with
 * an `Error` whose message is one line.
 */
export async function resolveEndpoint(text: string, options: ResolveOptions): Promise<Address[]> {
  const { host, port } = splitHostPort(text);
  const number = port === undefined ? undefined : parsePort(port);
  return await resolveHost(host === "" ? "0.0.0.0" : host, number, options);
}

async function resolveHost(
  host: string,
  port: number | undefined,
  { defaultPort, lookup = lookupHost }: ResolveOptions,
): Promise<Address[]> {
  const ip = parseIp(host);
  if (ip !== undefined) return [new Address(ip, port ?? defaultPort)];
  const hosts = await lookup(host);
  return hosts.map((found) => Address.parse(found, port ?? defaultPort));
}

/**
 * Asks the system's resolver, which knows the hosts file as well as DNS. Rejects with an `Error` with Go's message. A text
 * that cannot be a host name, such as `1.2.3.4.5`, is refused without asking.
 */
export async function lookupHost(host: string): Promise<string[]> {
  if (!isDomainName(host)) throw new Error(`lookup ${host}: no such host`);
  const { lookup } = await import("node:dns/promises");
  try {
    const found = await lookup(host, { all: true });
    return found.map(({ address }) => address);
  } catch (cause) {
    throw new Error(`lookup ${host}${await resolverText()}: ${lookupErrorText(cause)}`, { cause });
  }
}

/** Whether a text has the form of a DNS name: labels of at most 63 characters, and not only digits in all of them. */
function isDomainName(text: string): boolean {
  const name = text.replace(/\.$/, "");
  return name.length <= 253 && /[^\d.]/.test(name) &&
    name.split(".").every((label) => /^(?!-)[\w-]{1,63}(?<!-)$/.test(label));
}

function lookupErrorText(error: unknown): string {
  return errorCode(error) === "ENOTFOUND" ? "no such host" : "server misbehaving";
}

/** ` on SERVER:53`, as Go names the first server of resolv.conf; empty where that cannot be read. */
async function resolverText(): Promise<string> {
  try {
    const text = decodeText(await (await loadPlatform()).readFile("/etc/resolv.conf"));
    const server = /^\s*nameserver\s+(\S+)/m.exec(text)?.[1];
    if (server === undefined) return "";
    return ` on ${formatHostPort(server, 53)}`;
  } catch {
    return "";
  }
}
