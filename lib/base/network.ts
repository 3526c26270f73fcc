/**
 * IP networks in CIDR notation, such as `10.0.0.0/8`.
 *
 * @module
 */

import { isMapped, parseIp } from "./address.ts";

/** An IP network. */
export interface Network {
  readonly ip: Uint8Array;
  /** Leading bits that belong to the network. */
  readonly bits: number;
}

/** Parses a network; `undefined` if it is not one. */
export function parseNetwork(text: string): Network | undefined {
  const [host, digits = "", ...rest] = text.split("/");
  const ip = parseIp(host);
  if (ip === undefined || rest.length > 0 || !/^\d{1,3}$/.test(digits)) return undefined;
  const bits = Number(digits);
  return bits <= 8 * ip.length ? { ip, bits } : undefined;
}

/** Whether one of the networks contains an address. A mapped IPv4 address is in the networks of IPv4. */
export function isInside(ip: Uint8Array, networks: readonly Network[]): boolean {
  const short = isMapped(ip) ? ip.subarray(12) : ip;
  return networks.some((network) => contains(network, short));
}

function contains(network: Network, ip: Uint8Array): boolean {
  if (ip.length !== network.ip.length) return false;
  for (let bit = 0; bit < network.bits; bit++) {
    const mask = 0x80 >> (bit & 7);
    if ((ip[bit >> 3] & mask) !== (network.ip[bit >> 3] & mask)) return false;
  }
  return true;
}
