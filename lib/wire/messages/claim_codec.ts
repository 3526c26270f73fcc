/**
 * The parts of a claim that alive messages and push/pulls encode alike: address and versions.
 *
 * @module
 */

import { Address } from "../../base/address.ts";
import { DecodeError } from "../../base/errors.ts";
import type { Versions } from "./messages.ts";
import type { Field } from "../msgpack/struct.ts";

/** Where `Vsn` is put together. */
const vsn = new Uint8Array(6);

/** `Vsn`: six bytes. Any other number of them says nothing and reads as `null`, which is written as nil. */
export const versions: Field<Versions | null> = {
  zero: null,
  read(reader) {
    const bytes = reader.binary();
    if (bytes?.length !== 6) return null;
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

/** Whether these bytes can be the address of a node: 4 of them (IPv4) or 16 (IPv6 or mapped IPv4). */
export function isAddress(ip: Uint8Array): boolean {
  return ip.length === 4 || ip.length === 16;
}

/** An address as it was received; throws a {@link DecodeError} if its bytes can be none. A port of 0 stays 0. */
export function decodeAddress(ip: Uint8Array | null, port: number): Address {
  if (ip !== null && isAddress(ip)) return new Address(ip, port);
  throw new DecodeError(
    `Cannot decode address: got ${ip?.length ?? 0} bytes, expected 4 or 16`,
  );
}
