/**
 * The endpoint of a node: an IP address as bytes, and a port.
 *
 * The bytes are kept exactly as received, because memberlist compares them literally: the 4-byte form of an IPv4 address
 * and its IPv4-mapped 16-byte form differ, although they print and dial the same.
 *
 * @module
 */

import { equalBytes } from "./bytes.ts";
import { showAs } from "./inspect.ts";

/** An immutable endpoint. Its text forms are built on first use and kept. */
export class Address {
  /** 4 bytes (IPv4) or 16 bytes (IPv6, or IPv4 in mapped form), network order. */
  readonly ip: Uint8Array;
  /** UDP and TCP port, 0 to 65535. */
  readonly port: number;
  #host?: string;
  #text?: string;

  static {
    showAs(this, ({ text }) => text);
  }

  /** `ip` is not copied, and must not be modified afterwards. */
  constructor(ip: Uint8Array, port: number) {
    this.ip = ip;
    this.port = port;
  }

  /** Parses an IP literal; throws a `TypeError` that names the input if it is not one. */
  static parse(host: string, port: number): Address {
    const ip = parseIp(host);
    if (ip === undefined) throw new TypeError(`Cannot parse IP address: got "${host}"`);
    return new Address(ip, port);
  }

  /** The IP as text; a mapped IPv4 address prints in dotted form, IPv6 without brackets. */
  get host(): string {
    return this.#host ??= formatIp(this.ip);
  }

  /** `host:port`, with brackets around IPv6. */
  get text(): string {
    return this.#text ??= formatHostPort(this.host, this.port);
  }

  /** Literal equality: the same bytes and the same port. */
  equals(other: Address): boolean {
    return this === other || (this.port === other.port && equalBytes(this.ip, other.ip));
  }

  /** Whether both are the same place in the network: a mapped IPv4 address equals its 4-byte form. */
  sameEndpoint(other: Address): boolean {
    return this.port === other.port && this.host === other.host;
  }

  /** Same as {@link text}. */
  toString(): string {
    return this.text;
  }
}

/** Joins a host and a port; a host that contains a colon gets brackets. */
export function formatHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Formats 4 or 16 address bytes as Go prints a `net.IP`: dotted for IPv4 and mapped IPv4, RFC 5952 for IPv6.
 * Any other length prints as `?` and the hex digits, and no bytes as `<nil>`.
 */
export function formatIp(ip: Uint8Array): string {
  if (ip.length === 0) return "<nil>";
  if (ip.length === 4) return ip.join(".");
  if (ip.length !== 16) {
    return `?${Array.from(ip, (b) => b.toString(16).padStart(2, "0")).join("")}`;
  }
  if (isMapped(ip)) return ip.subarray(12).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => (ip[2 * i] << 8) | ip[2 * i + 1]);
  const zeros = longestZeroRun(groups);
  const hex = (from: number, to: number) =>
    groups.slice(from, to).map((g) => g.toString(16)).join(":");
  if (zeros.length < 2) return hex(0, 8);
  return `${hex(0, zeros.start)}::${hex(zeros.start + zeros.length, 8)}`;
}

/** Parses an IPv4 or IPv6 literal (no zone, no brackets) into 4 or 16 bytes; `undefined` if it is not one. */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** Whether only this machine can connect to this host name or address. */
export function isLoopback(host: string): boolean {
  if (host === "localhost") return true;
  const ip = parseIp(host);
  if (ip === undefined) return false;
  return ip.length === 4 ? ip[0] === 127 : ip.every((byte, i) => byte === (i === 15 ? 1 : 0));
}

/** Whether 16 address bytes hold an IPv4 address in mapped form (`::ffff:a.b.c.d`). */
export function isMapped(ip: Uint8Array): boolean {
  if (ip.length !== 16 || ip[10] !== 0xff || ip[11] !== 0xff) return false;
  for (let i = 0; i < 10; i++) if (ip[i] !== 0) return false;
  return true;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let i = 0; i < groups.length; i++) {
    let length = 0;
    while (i + length < groups.length && groups[i + length] === 0) length++;
    if (length > best.length) best = { start: i, length };
    i += length;
  }
  return best;
}

/** Without `split` and expressions, since the sender of every datagram comes as text. */
function parseIpv4(text: string): Uint8Array | undefined {
  const ip = new Uint8Array(4);
  let parts = 0;
  /** The number so far; -1 before its first digit. */
  let value = -1;
  for (let i = 0; i <= text.length; i++) {
    if (i === text.length || text[i] === ".") {
      if (value === -1 || parts === 4) return undefined;
      ip[parts++] = value;
      value = -1;
      continue;
    }
    const digit = text.charCodeAt(i) - 0x30;
    // No number has a leading zero.
    if (!(digit >= 0 && digit <= 9) || value === 0) return undefined;
    value = value === -1 ? digit : 10 * value + digit;
    if (value > 255) return undefined;
  }
  return parts === 4 ? ip : undefined;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0], halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1], true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return Uint8Array.from([...head, ...new Array(missing).fill(0), ...tail]);
}

/** Bytes of colon-separated groups; the last one may be a dotted IPv4 address when `mayEndDotted`. */
function parseGroups(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else {
      const dotted = mayEndDotted && i === groups.length - 1 ? parseIpv4(group) : undefined;
      if (dotted === undefined) return undefined;
      bytes.push(...dotted);
    }
  }
  return bytes;
}
