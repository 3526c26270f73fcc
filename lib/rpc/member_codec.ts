/**
 * Members as they travel over RPC.
 *
 * @module
 */

import type { Member, MemberStatus } from "../api/member.ts";
import { Address } from "../base/address.ts";
import { Writer } from "../wire/msgpack/writer.ts";
import { binary, type Field, list, mapOf, struct, text, u16, u8 } from "../wire/msgpack/struct.ts";

const fields = struct({
  Name: text,
  Addr: binary,
  Port: u16,
  Tags: mapOf(text),
  Status: text,
  ProtocolMin: u8,
  ProtocolMax: u8,
  ProtocolCur: u8,
  DelegateMin: u8,
  DelegateMax: u8,
  DelegateCur: u8,
});

/** Encodings of members that were sent before. A member never changes, so it is known by its identity. */
const encodings = new WeakMap<Member, Uint8Array>();

/** A member; one that is sent again, to another client or in another list, is not encoded again. */
const member: Field<Member> = {
  get zero() {
    return fromFields(fields.zero);
  },
  read: (reader) => fromFields(fields.read(reader)),
  write(writer, value) {
    let encoding = encodings.get(value);
    if (encoding === undefined) {
      const buffer = new Writer("bin");
      fields.write(buffer, toFields(value));
      encodings.set(value, encoding = buffer.bytes());
    }
    writer.append(encoding);
  },
};

const members = list(member);

/** Encodings of lists that were sent before. One that has changed is another array. */
const listEncodings = new WeakMap<readonly Member[], Uint8Array>();

/** A list of members; one that is sent again is not put together again. */
export const memberList: Field<readonly Member[]> = {
  ...members,
  write(writer, value) {
    let encoding = listEncodings.get(value);
    if (encoding === undefined) {
      const buffer = new Writer("bin");
      members.write(buffer, value);
      listEncodings.set(value, encoding = buffer.bytes());
    }
    writer.append(encoding);
  },
};

function toFields(member: Member): typeof fields.zero {
  return {
    Name: member.name,
    Addr: member.address.ip,
    Port: member.address.port,
    Tags: new Map(Object.entries(member.tags)),
    Status: member.status,
    ProtocolMin: member.protocolMin,
    ProtocolMax: member.protocolMax,
    ProtocolCur: member.protocolCur,
    DelegateMin: member.delegateMin,
    DelegateMax: member.delegateMax,
    DelegateCur: member.delegateCur,
  };
}

function fromFields(fields: ReturnType<typeof toFields>): Member {
  return {
    name: fields.Name,
    address: new Address(fields.Addr ?? new Uint8Array(), fields.Port),
    tags: Object.fromEntries(fields.Tags),
    status: fields.Status as MemberStatus,
    protocolMin: fields.ProtocolMin,
    protocolMax: fields.ProtocolMax,
    protocolCur: fields.ProtocolCur,
    delegateMin: fields.DelegateMin,
    delegateMax: fields.DelegateMax,
    delegateCur: fields.DelegateCur,
  };
}
