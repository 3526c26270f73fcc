/**
 * The parts of a claim that alive messages and push/pulls encode alike: the address, and the versions (memberlist's `Vsn`).
 *
 * @module
 */

import { Address } from "../../base/address.ts";
import { DecodeError } from "../../base/errors.ts";
import type { Versions } from "./messages.ts";
import type { Field } from "../msgpack/struct.ts";

/**
 * The longest encoded claim, bytes. Claims are kept, and their fields are views of what was received: a longer one would
 * keep much memory in use. The longest that a node accepts, with a name of 512 bytes and as much meta, takes 1,100.
 */
export const MAX_CLAIM_SIZE = 4_096;

/** The longest name of a node, in UTF-16 units. memberlist has no limit; the longest name of a host is half as long. */
export const MAX_NAME = 512;

/** The longest meta of a node, bytes (memberlist's `MetaMaxSize`). */
export const MAX_META = 512;

/** A buffer for the encoded form. */
const vsn = new Uint8Array(6);

/** `Vsn`, of which the first six bytes count. Fewer of them read as `null`, which is written as nil. */
export const versions: Field<Versions | null> = {
  zero: null,
  read(reader) {
    const bytes = reader.binary();
    if (bytes === null || bytes.length < 6) return null;
    return {
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

/** An address from the wire, whose port may be 0. Throws a {@link DecodeError} unless it has 4 or 16 bytes. */
export function decodeAddress(ip: Uint8Array | null, port: number): Address {
  if (ip !== null && isAddress(ip)) return new Address(ip, port);
  throw new DecodeError(
    `Cannot decode address: got ${ip?.length ?? 0} bytes, expected 4 or 16`,
  );
}
