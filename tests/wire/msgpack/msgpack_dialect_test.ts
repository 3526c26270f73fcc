/** The same values as encoded by go-msgpack 0.5 and 2.1, the libraries of old and new Serf agents. */

import { assert, assertEquals } from "@std/assert";
import { Address } from "../../../lib/base/address.ts";
import { decodeMessage, encodeMessage } from "../../../lib/wire/messages/message_codec.ts";
import { decodeCoordinate, encodeCoordinate } from "../../../lib/wire/messages/coordinate.ts";
import type { Message } from "../../../lib/wire/messages/messages.ts";
import { Reader } from "../../../lib/wire/msgpack/reader.ts";
import { Writer } from "../../../lib/wire/msgpack/writer.ts";
import { decodeSerf, encodeSerf } from "../../../lib/wire/messages/serf_codec.ts";
import type { SerfMessage } from "../../../lib/wire/messages/serf_messages.ts";
import {
  binary,
  bool,
  type Field,
  i64,
  list,
  mapOf,
  nullable,
  struct,
  text,
  u8,
} from "../../../lib/wire/msgpack/struct.ts";
import { fromHex, readVectors, toHex } from "../vectors.ts";

interface DialectVector {
  readonly name: string;
  readonly "go-msgpack-0.5.5": string;
  readonly "go-msgpack-2.1.5-oldTimeFormat": string;
  readonly "go-msgpack-2.1.5-newTimeFormat"?: string;
}

const vectors = readVectors<DialectVector>("msgpack-dialect");
const address = Address.parse("127.0.0.1", 7946);
const mapped = new Address(fromHex("00000000000000000000ffff01020304"), 7946);
const versions = {
  protocolMin: 1,
  protocolMax: 5,
  protocolCur: 2,
  delegateMin: 2,
  delegateMax: 5,
  delegateCur: 4,
};

function vector(name: string): { old: Uint8Array; new: Uint8Array } {
  const found = vectors.find((candidate) => candidate.name === `msgpack/${name}`);
  assert(found !== undefined, name);
  return {
    old: fromHex(found["go-msgpack-0.5.5"]),
    new: fromHex(found["go-msgpack-2.1.5-oldTimeFormat"]),
  };
}

function prefixed(type: number, body: Uint8Array): Uint8Array {
  return Uint8Array.of(type, ...body);
}

/** Both encodings read as `value`, and `value` is written as the old library did. */
function assertDialect<T>(name: string, field: Field<T>, value: T): void {
  const bodies = vector(name);
  assertEquals(field.read(new Reader(bodies.old)), value, name);
  assertEquals(field.read(new Reader(bodies.new)), value, name);
  const writer = new Writer();
  field.write(writer, value);
  assertEquals(toHex(writer.bytes()), toHex(bodies.old), name);
}

Deno.test("messages of both libraries decode, and we encode like the old one", () => {
  const ping = { type: "ping", sequence: 5, node: "n" } as const;
  const cases: [name: string, type: number, message: Message][] = [
    ["ping", 0, { ...ping, source: { address, node: "src" } }],
    ["ping-omit", 0, { ...ping, source: undefined }],
    ["ack-nil", 2, { type: "ack", sequence: 5, payload: null }],
    ["ack-empty", 2, { type: "ack", sequence: 5, payload: new Uint8Array() }],
    ["ack-40", 2, { type: "ack", sequence: 300, payload: new Uint8Array(40).fill(1) }],
    ["alive", 4, {
      type: "alive",
      claim: { node: "n", incarnation: 1, state: "alive", address, meta: null, versions },
    }],
  ];
  for (const [name, type, message] of cases) {
    const bodies = vector(name);
    assertEquals(decodeMessage(prefixed(type, bodies.old)), message, name);
    assertEquals(decodeMessage(prefixed(type, bodies.new)), message, name);
    assertEquals(encodeMessage(message), prefixed(type, bodies.old), name);
  }
});

Deno.test("Serf messages of both libraries decode, and we encode like the old one", () => {
  const relay = { type: "relay", destinationName: "d", message: fromHex("0180") } as const;
  const state = { type: "push-pull", lTime: 3, eventLTime: 2, queryLTime: 7 } as const;
  const cases: [name: string, type: number, tail: string, message: SerfMessage][] = [
    ["relay", 9, "0180", { ...relay, destination: mapped }],
    ["relay4", 9, "0180", { ...relay, destination: new Address(fromHex("01020304"), 7946) }],
    ["member-nil", 6, "", { type: "conflict-response", member: null }],
    ["pp", 2, "", {
      ...state,
      statusLTimes: new Map([["a", 1]]),
      leftMembers: [],
      events: [null, { lTime: 1, events: [{ name: "e", payload: fromHex("ff") }] }],
    }],
  ];
  for (const [name, type, tail, message] of cases) {
    const bodies = vector(name);
    const framed = (body: Uint8Array) => Uint8Array.of(type, ...body, ...fromHex(tail));
    assertEquals(decodeSerf(framed(bodies.old)), message, name);
    assertEquals(decodeSerf(framed(bodies.new)), message, name);
    assertEquals(encodeSerf(message), framed(bodies.old), name);
  }
});

Deno.test("a state of nil maps and slices, and part of a member, decode with zero values", () => {
  for (const body of Object.values(vector("pp-nil"))) {
    const state = decodeSerf(prefixed(2, body));
    assert(state.type === "push-pull");
    assertEquals([state.lTime, state.events, state.leftMembers], [0, [], []]);
  }
  for (const body of Object.values(vector("member"))) {
    const answer = decodeSerf(prefixed(6, body));
    assert(answer.type === "conflict-response" && answer.member !== null);
    const { name, address, tags, status, protocolMin, protocolMax } = answer.member;
    assertEquals([name, address.text, status], ["m", "1.2.3.4:7946", 1]);
    assertEquals([...tags, protocolMin, protocolMax], [["a", "b"], 1, 0]);
  }
});

Deno.test("a coordinate of both libraries decodes, and we encode it alike", () => {
  const coordinate = { vec: [0, 1.5], error: 1.5, adjustment: 0, height: 1e-5 };
  for (const body of Object.values(vector("coord"))) {
    assertEquals(decodeCoordinate(prefixed(1, body)), coordinate);
    assertEquals(encodeCoordinate(coordinate), prefixed(1, body));
  }
});

Deno.test("text of every length, maps and lists read alike from both libraries", () => {
  const named = struct({ Name: text, Payload: binary });
  for (const length of [31, 32, 40]) {
    assertDialect(`str-${length}`, named, { Name: "x".repeat(length), Payload: null });
  }
  assertDialect("tags", mapOf(text), new Map([["role", "web"]]));
  assertDialect("list", list(text), ["a", "b"]);
});

Deno.test("numbers read alike from both libraries", () => {
  const u64Text: Field<string> = {
    zero: "",
    read: (reader) => String(reader.uint64()),
    write: (writer, value) => writer.uint64(BigInt(value)),
  };
  const lists = nullable(list(binary));
  const numbers = struct({ I: i64, D: i64, U: u64Text, B: bool, R: u8, F: lists, N: i64 });
  assertDialect("ints", numbers, {
    I: -1,
    D: 15_000_000_000,
    U: "9223372036854775808",
    B: true,
    R: 200,
    F: [fromHex("0001")],
    N: -200,
  });
  assertDialect("ints2", numbers, {
    I: 128,
    D: 3_200_000_000,
    U: "65536",
    B: false,
    R: 127,
    F: null,
    N: -32,
  });
  assertDialect("ints3", numbers, {
    I: 255,
    D: -33,
    U: "4294967296",
    B: false,
    R: 128,
    F: null,
    N: -129,
  });
});

Deno.test("times, which no agent sends to another, are raw values of 15 bytes that can be passed over", () => {
  const times = vectors.filter(({ name }) => name.startsWith("msgpack/time"));
  assertEquals(times.length, 5);
  const timed = struct({ T: binary });
  for (const { name, ...encodings } of times) {
    assertEquals(
      timed.read(new Reader(fromHex(encodings["go-msgpack-0.5.5"]))).T?.length,
      15,
      name,
    );
    for (const [library, hex] of Object.entries(encodings)) {
      if (!library.startsWith("go-")) continue;
      const reader = new Reader(fromHex(hex));
      reader.skip();
      assertEquals(reader.remaining, 0, `${name} of ${library}`);
    }
  }
});

Deno.test("every entry of the dialect file is looked at", () => {
  const tested = [
    ...["ping", "ping-omit", "ack-nil", "ack-empty", "ack-40", "alive", "relay", "relay4"],
    ...["member", "member-nil", "pp", "pp-nil", "coord", "str-31", "str-32", "str-40"],
    ...["tags", "list", "ints", "ints2", "ints3"],
    ...["time", "time-zone", "time-zero", "time-2600", "time-1969"],
  ];
  const names = vectors.map(({ name }) => name.replace("msgpack/", ""));
  assertEquals(names.toSorted(), tested.toSorted());
});
