/**
 * The parts of a claim that alive messages and push/pulls encode alike: the address, the meta, and the versions (memberlist's
 * `Vsn`). Claims are kept for long, thousands of them in a large cluster: they are no views of what was received, and what
 * many of them have in common is one object.
 *
 * @module
 */

import { Address } from "../../base/address.ts";
import { DecodeError } from "../../base/errors.ts";
import type { NodeState, Versions } from "./messages.ts";
import type { Field } from "../msgpack/struct.ts";

/** The longest encoded claim, bytes. The longest that a node accepts, with a name of 512 bytes and as much meta, takes 1,100. */
export const MAX_CLAIM_SIZE = 4_096;

/** The longest name of a node, in UTF-16 units. memberlist has no limit; the longest name of a host is half as long. */
export const MAX_NAME = 512;

/** The longest meta of a node, bytes (memberlist's `MetaMaxSize`). */
export const MAX_META = 512;

/** In the order of their numbers on the wire. */
export const nodeStates: readonly NodeState[] = ["alive", "suspect", "dead", "left"];

/** Recently decoded metas, by the hash of their bytes: those of most members are like those of others. */
const metas: (Uint8Array | undefined)[] = new Array(256);

/** Recently decoded versions, likewise: members have few. */
const recentVersions: (Versions | undefined)[] = new Array(16);

/** Where the bytes of addresses are kept. A buffer of its own for each would take 200 bytes more than a view. */
const ADDRESS_BLOCK_BYTES = 512;
let addressBlock = new Uint8Array(ADDRESS_BLOCK_BYTES);
let addressBytes = 0;

/** How many bytes of `Vsn` count. */
export const VERSIONS_SIZE = 6;

/** A buffer for the encoded form. */
const vsn = new Uint8Array(VERSIONS_SIZE);

/** `Vsn`, of which the first six bytes count. Fewer of them read as `null`, which is written as nil. */
export const versions: Field<Versions | null> = {
  zero: null,
  read(reader) {
    const bytes = reader.binary();
    return bytes === null || bytes.length < VERSIONS_SIZE ? null : keptVersions(bytes, 0);
  },
  write(writer, value) {
    writer.binary(value && versionBytes(value));
  },
};

/** `Vsn` in bytes, which are overwritten by the next call. */
export function versionBytes(versions: Versions): Uint8Array {
  vsn[0] = versions.protocolMin;
  vsn[1] = versions.protocolMax;
  vsn[2] = versions.protocolCur;
  vsn[3] = versions.delegateMin;
  vsn[4] = versions.delegateMax;
  vsn[5] = versions.delegateCur;
  return vsn;
}

/** Whether so many bytes can be an address: 4 of them for IPv4, 16 for IPv6 and mapped IPv4. */
export function isAddressLength(length: number): boolean {
  return length === 4 || length === 16;
}

/** Versions to be kept, of the bytes from `start` on: the same object for equal ones if they have come up lately. */
export function keptVersions(bytes: Uint8Array, start: number): Versions {
  const place = hashOf(bytes, start, start + VERSIONS_SIZE) % recentVersions.length;
  const recent = recentVersions[place];
  if (recent !== undefined && isEncoding(bytes, start, recent)) return recent;
  return recentVersions[place] = {
    protocolMin: bytes[start],
    protocolMax: bytes[start + 1],
    protocolCur: bytes[start + 2],
    delegateMin: bytes[start + 3],
    delegateMax: bytes[start + 4],
    delegateCur: bytes[start + 5],
  };
}

/** Meta to be kept: a copy of the bytes from `start` to `end`, the same one for equal bytes if they have come up lately. */
export function keptMeta(bytes: Uint8Array, start = 0, end: number = bytes.length): Uint8Array {
  const place = hashOf(bytes, start, end) % metas.length;
  const recent = metas[place];
  if (recent !== undefined && isCopy(recent, bytes, start, end)) return recent;
  return metas[place] = bytes.slice(start, end);
}

/** An address to be kept: a copy of the bytes from `start` to `end`, in a buffer that it shares with others. */
export function keptAddress(
  bytes: Uint8Array,
  port: number,
  start = 0,
  end: number = bytes.length,
): Address {
  const length = end - start;
  if (addressBytes + length > ADDRESS_BLOCK_BYTES) {
    addressBlock = new Uint8Array(ADDRESS_BLOCK_BYTES);
    addressBytes = 0;
  }
  const kept = addressBlock.subarray(addressBytes, addressBytes += length);
  for (let i = 0; i < length; i++) kept[i] = bytes[start + i];
  return new Address(kept, port);
}

/** An address from the wire, whose port may be 0. Throws a {@link DecodeError} unless it has 4 or 16 bytes. */
export function decodeAddress(ip: Uint8Array | null, port: number): Address {
  if (ip !== null && isAddressLength(ip.length)) return new Address(ip, port);
  throw new DecodeError(
    `Cannot decode address: got ${ip?.length ?? 0} bytes, expected 4 or 16`,
  );
}

/** A hash of the bytes from `start` to `end`: 32 bits. */
export function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let i = start; i < end; i++) hash = Math.imul(hash, 31) + bytes[i];
  return (hash ^ hash >>> 15) >>> 0;
}

/** Whether `copy` equals the bytes from `start` to `end`. */
export function isCopy(copy: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (copy.length !== end - start) return false;
  for (let i = start; i < end; i++) if (bytes[i] !== copy[i - start]) return false;
  return true;
}

function isEncoding(bytes: Uint8Array, start: number, versions: Versions): boolean {
  return bytes[start] === versions.protocolMin && bytes[start + 1] === versions.protocolMax &&
    bytes[start + 2] === versions.protocolCur && bytes[start + 3] === versions.delegateMin &&
    bytes[start + 4] === versions.delegateMax && bytes[start + 5] === versions.delegateCur;
}
