/**
 * Members as they travel over RPC.
 *
 * @module
 */

import type { Member, MemberStatus } from "../api/member.ts";
import { Address } from "../base/address.ts";
import { oncePer } from "../base/memory_economy.ts";
import { Writer } from "../wire/msgpack/writer.ts";
import { binary, type Field, list, mapOf, struct, text, u16, u8 } from "../wire/msgpack/struct.ts";

type Tags = Member["tags"];

const tagMap = mapOf(text);

/** Tags. Members that announce the same ones share an object, which is encoded once. */
const tags: Field<Tags> = {
  zero: {},
  read: (reader) => Object.fromEntries(tagMap.read(reader)),
  write: (writer, value) => writer.append(encodedTags(value)),
};

const encodedTags = oncePer((value: Tags) => {
  const writer = new Writer("bin");
  tagMap.write(writer, new Map(Object.entries(value)));
  return writer.bytes();
});

const fields = struct({
  Name: text,
  Addr: binary,
  Port: u16,
  Tags: tags,
  Status: text,
  ProtocolMin: u8,
  ProtocolMax: u8,
  ProtocolCur: u8,
  DelegateMin: u8,
  DelegateMax: u8,
  DelegateCur: u8,
});

const member: Field<Member> = {
  get zero() {
    return fromFields(fields.zero);
  },
  read: (reader) => fromFields(fields.read(reader)),
  // Field by field, in the order of their names, because there may be thousands of members.
  write(writer, value) {
    writer.map(11).string("Addr").binary(value.address.ip)
      .string("DelegateCur").int(value.delegateCur)
      .string("DelegateMax").int(value.delegateMax)
      .string("DelegateMin").int(value.delegateMin)
      .string("Name").string(value.name)
      .string("Port").int(value.address.port)
      .string("ProtocolCur").int(value.protocolCur)
      .string("ProtocolMax").int(value.protocolMax)
      .string("ProtocolMin").int(value.protocolMin)
      .string("Status").string(value.status);
    tags.write(writer.string("Tags"), value.tags);
  },
};

const members = list(member);

/** Of a member that is alive and has a few tags, in bytes; the buffer of a list grows beyond that if it must. */
const USUAL_SIZE = 200;

const encodedList = oncePer((value: readonly Member[]) => {
  const writer = new Writer("bin", USUAL_SIZE * (1 + value.length));
  members.write(writer, value);
  return writer.bytes();
});

/** A list of members; one that is sent again is not encoded again. One that has changed is another array. */
export const memberList: Field<readonly Member[]> = {
  ...members,
  write: (writer, value) => writer.append(encodedList(value)),
};

function fromFields(values: typeof fields.zero): Member {
  return {
    name: values.Name,
    address: new Address(values.Addr ?? new Uint8Array(), values.Port),
    tags: values.Tags,
    status: values.Status as MemberStatus,
    protocolMin: values.ProtocolMin,
    protocolMax: values.ProtocolMax,
    protocolCur: values.ProtocolCur,
    delegateMin: values.DelegateMin,
    delegateMax: values.DelegateMax,
    delegateCur: values.DelegateCur,
  };
}
