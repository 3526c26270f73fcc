/**
 * The advertise address: the one under which a node tells the others to reach it. The rules are memberlist's
 * (`NetTransport.FinalAdvertiseAddr`), with the networks that its go-sockaddr package takes for private.
 *
 * @module
 */

import { Address, isMapped } from "../base/address.ts";
import { isInside, type Network, parseNetwork } from "../base/network.ts";
import type { InterfaceAddress } from "../base/platform/platform.ts";

/** What the advertise address depends on. */
export interface AdvertiseOptions {
  /** Where the node listens, with its real port. */
  readonly bound: Address;
  /** The configured address, if there is one. */
  readonly advertise?: Address;
  /** Returns the machine's addresses. Called only if the node listens on all of them. */
  readonly interfaces: () => readonly InterfaceAddress[];
}

/** Special-purpose networks that are routed inside a site but not beyond (RFC 6890). */
const privateNetworks = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "198.18.0.0/15",
  "fc00::/7",
];

/** The other special-purpose networks of RFC 6890: this machine, one link, documentation, translation. */
const otherSpecialNetworks = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "240.0.0.0/4",
  "::/127",
  "64:ff9b::/96",
  "100::/64",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "fe80::/10",
];

/**
 * Returns the configured address, or else the bound one, or else, if the node listens on all addresses, a private address
 * of the machine (IPv4 before IPv6, smaller networks first).
 *
 * Peers compare addresses byte by byte, so the bytes are those of memberlist: a private IPv4 address that was found this
 * way has the mapped form of 16 bytes, one that was configured or bound has 4.
 *
 * Throws an `Error` with memberlist's message if the machine has no private address.
 */
export function advertisedAddress({ bound, advertise, interfaces }: AdvertiseOptions): Address {
  if (advertise !== undefined) return shortest(advertise);
  if (!isUnspecified(bound)) return shortest(bound);
  const ip = privateIp(interfaces());
  if (ip === undefined) {
    throw new Error(
      "failed to get final advertise address: " +
        "no private IP address found, and explicit IP not provided",
    );
  }
  return new Address(ip.length === 4 ? mapped(ip) : ip, bound.port);
}

/** Whether an address can be reached from the internet; memberlist warns if gossip is unencrypted there. */
export function isPublic(address: Address): boolean {
  const { ip } = shortest(address);
  return !isInOneOf(ip, privateNetworks) && !isInOneOf(ip, otherSpecialNetworks);
}

function privateIp(interfaces: readonly InterfaceAddress[]): Uint8Array | undefined {
  const candidates = interfaces
    .flatMap(({ cidr }) => cidr === null ? [] : [network(cidr)])
    .filter(({ ip }) => isInOneOf(ip, privateNetworks));
  candidates.sort((a, b) => a.ip.length - b.ip.length || b.bits - a.bits);
  return candidates[0]?.ip;
}

/** Parses them one by one: most addresses are in one of the first, and all of them take a start half a millisecond. */
function isInOneOf(ip: Uint8Array, cidrs: readonly string[]): boolean {
  return cidrs.some((cidr) => isInside(ip, [network(cidr)]));
}

/** Networks that are known to be right: those of this file, and those of the system. */
function network(cidr: string): Network {
  return parseNetwork(cidr) ?? { ip: new Uint8Array(), bits: 0 };
}

function isUnspecified({ ip }: Address): boolean {
  return ip.every((byte) => byte === 0);
}

function shortest(address: Address): Address {
  return isMapped(address.ip) ? new Address(address.ip.slice(12), address.port) : address;
}

function mapped(ip: Uint8Array): Uint8Array {
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...ip);
}
