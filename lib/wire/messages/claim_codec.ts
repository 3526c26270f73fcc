/**
 * The parts of a claim that alive messages and push/pulls encode alike: the address, the meta, and the versions (memberlist's
 * `Vsn`). Claims are kept for long, thousands of them in a large cluster: they are no views of what was received, and what
 * many of them have in common is one object.
 *
 * @module
 */

import { Address } from "../../base/address.ts";
import { equalBytes } from "../../base/bytes.ts";
import { DecodeError } from "../../base/errors.ts";
import type { Versions } from "./messages.ts";
import type { Field } from "../msgpack/struct.ts";

/** The longest encoded claim, bytes. The longest that a node accepts, with a name of 512 bytes and as much meta, takes 1,100. */
export const MAX_CLAIM_SIZE = 4_096;

/** The longest name of a node, in UTF-16 units. memberlist has no limit; the longest name of a host is half as long. */
export const MAX_NAME = 512;

/** The longest meta of a node, bytes (memberlist's `MetaMaxSize`). */
export const MAX_META = 512;

/** Recently decoded metas, by the hash of their bytes: those of most members are like those of others. */
const metas: (Uint8Array | undefined)[] = new Array(256);

/** Recently decoded versions, likewise: members have few. */
const recentVersions: (Versions | undefined)[] = new Array(16);

/** Where the bytes of addresses are kept. A buffer of its own for each would take 200 bytes more than a view. */
const ADDRESS_BLOCK_BYTES = 512;
let addressBlock = new Uint8Array(ADDRESS_BLOCK_BYTES);
let addressBytes = 0;

/** A buffer for the encoded form. */
const vsn = new Uint8Array(6);

/** `Vsn`, of which the first six bytes count. Fewer of them read as `null`, which is written as nil. */
export const versions: Field<Versions | null> = {
  zero: null,
  read(reader) {
    const bytes = reader.binary();
    if (bytes === null || bytes.length < 6) return null;
    const place = hashOf(bytes) % recentVersions.length;
    const recent = recentVersions[place];
    if (recent !== undefined && isEncoding(bytes, recent)) return recent;
    return recentVersions[place] = {
      protocolMin: bytes[0],
      protocolMax: bytes[1],
      protocolCur: bytes[2],
      delegateMin: bytes[3],
      delegateMax: bytes[4],
      delegateCur: bytes[5],
    };
  },
  write(writer, value) {
    if (value === null) {
      writer.nil();
      return;
    }
    vsn[0] = value.protocolMin;
    vsn[1] = value.protocolMax;
    vsn[2] = value.protocolCur;
    vsn[3] = value.delegateMin;
    vsn[4] = value.delegateMax;
    vsn[5] = value.delegateCur;
    writer.binary(vsn);
  },
};

/** Whether these bytes can be an address: 4 of them for IPv4, 16 for IPv6 and mapped IPv4. */
export function isAddress(ip: Uint8Array): boolean {
  return ip.length === 4 || ip.length === 16;
}

/** Meta to be kept: a copy of these bytes, and the same one for equal bytes if they have come up lately. */
export function keptMeta(bytes: Uint8Array | null): Uint8Array | null {
  if (bytes === null) return null;
  const place = hashOf(bytes) % metas.length;
  const recent = metas[place];
  if (recent !== undefined && equalBytes(recent, bytes)) return recent;
  return metas[place] = bytes.slice();
}

/** An address to be kept: a copy, in a buffer that it shares with others. */
export function keptAddress({ ip, port }: Address): Address {
  if (addressBytes + ip.length > ADDRESS_BLOCK_BYTES) {
    addressBlock = new Uint8Array(ADDRESS_BLOCK_BYTES);
    addressBytes = 0;
  }
  const kept = addressBlock.subarray(addressBytes, addressBytes += ip.length);
  kept.set(ip);
  return new Address(kept, port);
}

/** An address from the wire, whose port may be 0. Throws a {@link DecodeError} unless it has 4 or 16 bytes. */
export function decodeAddress(ip: Uint8Array | null, port: number): Address {
  if (ip !== null && isAddress(ip)) return new Address(ip, port);
  throw new DecodeError(
    `Cannot decode address: got ${ip?.length ?? 0} bytes, expected 4 or 16`,
  );
}

function hashOf(bytes: Uint8Array): number {
  let hash = 0;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash, 31) + bytes[i];
  return (hash ^ hash >>> 15) >>> 0;
}

function isEncoding(bytes: Uint8Array, versions: Versions): boolean {
  return bytes[0] === versions.protocolMin && bytes[1] === versions.protocolMax &&
    bytes[2] === versions.protocolCur && bytes[3] === versions.delegateMin &&
    bytes[4] === versions.delegateMax && bytes[5] === versions.delegateCur;
}
