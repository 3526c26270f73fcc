import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { Address } from "../../../lib/base/address.ts";
import { DecodeError } from "../../../lib/base/errors.ts";
import {
  decodeMessage,
  encodeMessage,
  messageLength,
} from "../../../lib/wire/messages/message_codec.ts";
import type { Claim, Message } from "../../../lib/wire/messages/messages.ts";
import { fromHex, toHex } from "../vectors.ts";

const address = Address.parse("127.0.0.1", 7946);
const source = { address, node: "src" };

const claim: Claim = {
  node: "n",
  incarnation: 1,
  state: "alive",
  address,
  meta: null,
  versions: {
    protocolMin: 1,
    protocolMax: 5,
    protocolCur: 2,
    delegateMin: 2,
    delegateMax: 5,
    delegateCur: 4,
  },
};

const messages: readonly Message[] = [
  { type: "ping", sequence: 5, node: "n", source },
  { type: "ping", sequence: 4_294_967_295, node: "", source: undefined },
  { type: "indirect-ping", sequence: 5, node: "n", target: address, nack: true, source },
  { type: "ack", sequence: 300, payload: new Uint8Array(40).fill(1) },
  { type: "ack", sequence: 5, payload: null },
  { type: "ack", sequence: 5, payload: new Uint8Array() },
  { type: "nack", sequence: 0 },
  { type: "suspect", node: "näme", incarnation: 70_000, from: "f" },
  { type: "dead", node: "n", incarnation: 2, from: "n" },
  { type: "alive", claim },
  { type: "alive", claim: { ...claim, meta: new Uint8Array(), versions: null } },
  { type: "alive", claim: { ...claim, address: Address.parse("::ffff:1.2.3.4", 0) } },
  { type: "user", body: { bytes: fromHex("0102") } },
];

/** The alive message with one of its fields replaced. */
function aliveWith(key: string, value: string): Uint8Array {
  const fields: Record<string, string> = {
    "a441646472": "a47f000001",
    "ab496e6361726e6174696f6e": "01",
    "a44d657461": "c0",
    "a44e6f6465": "a16e",
    "a4506f7274": "cd1f0a",
    "a356736e": "a6010502020504",
    [key]: value,
  };
  return fromHex("0486" + Object.entries(fields).flat().join(""));
}

Deno.test("every message decodes from its encoding", () => {
  for (const message of messages) {
    assertEquals(decodeMessage(encodeMessage(message)), message);
  }
});

Deno.test("the length of a message is that of its encoding", () => {
  for (const message of messages) {
    assertEquals(messageLength({ ...message }), encodeMessage(message).length, message.type);
  }
});

Deno.test("gossip is encoded once, an alive message once per claim", () => {
  for (const message of messages) {
    const gossiped = ["suspect", "dead", "alive", "user"].includes(message.type);
    assertEquals(encodeMessage(message) === encodeMessage(message), gossiped, message.type);
  }
  assertStrictEquals(
    encodeMessage({ type: "alive", claim }),
    encodeMessage({ type: "alive", claim }),
  );
  assertNotEquals(
    encodeMessage({ type: "alive", claim }),
    encodeMessage({ type: "alive", claim: { ...claim, incarnation: 2 } }),
  );
});

Deno.test("gossip that comes again is the same object, other messages are not", () => {
  for (const message of messages) {
    const bytes = encodeMessage(message);
    const [first, again] = [decodeMessage(bytes), decodeMessage(bytes.slice())];
    const isGossip = ["alive", "suspect", "dead", "user"].includes(message.type);
    if (isGossip) assertStrictEquals(again, first);
    else assert(again !== first);
  }
});

Deno.test("gossip is told apart also if its hash is the same or its body was modified", () => {
  const decodedBody = (...bytes: number[]) => {
    const message = decodeMessage(Uint8Array.of(8, ...bytes));
    assert(message.type === "user");
    return message.body.bytes;
  };
  for (let i = 0; i < 2; i++) {
    assertEquals(decodedBody(1, 50), Uint8Array.of(1, 50));
    assertEquals(decodedBody(2, 19), Uint8Array.of(2, 19));
  }
  decodedBody(1, 50)[0] = 7;
  assertEquals(decodedBody(1, 50), Uint8Array.of(1, 50));
});

Deno.test("user messages whose body is encoded only when asked for are encoded right", () => {
  const body = {
    get bytes() {
      return encodeMessage({ type: "nack", sequence: 1 });
    },
  };
  assertEquals(toHex(encodeMessage({ type: "user", body })), "080b81a55365714e6f01");
});

Deno.test("a ping without a usable source asks to be answered where it came from", () => {
  const withoutPort = "0083a44e6f6465a16ea55365714e6f05aa536f7572636541646472a47f000001";
  const withoutAddress = "0083a44e6f6465a16ea55365714e6f05aa536f75726365506f7274cd1f0a";
  const empty =
    "0084a44e6f6465a16ea55365714e6f05aa536f7572636541646472a0aa536f75726365506f7274cd1f0a";
  for (const hex of [withoutPort, withoutAddress, empty]) {
    const message = decodeMessage(fromHex(hex));
    assertEquals(message, { type: "ping", sequence: 5, node: "n", source: undefined });
  }
});

Deno.test("a source without a name is a source", () => {
  const nameless = { type: "ping", sequence: 5, node: "n", source: { address, node: "" } } as const;
  const encoded = encodeMessage(nameless);
  assertEquals(encoded.length, encodeMessage(messages[0]).length - "_SourceNode_src".length);
  assertEquals(decodeMessage(encoded), nameless);
});

Deno.test("an address of neither 4 nor 16 bytes is refused", () => {
  for (const ip of ["c0", "a0", "a3010203", "a50102030405", "af" + "00".repeat(15)]) {
    assertThrows(() => decodeMessage(aliveWith("a441646472", ip)), DecodeError, "expected 4 or 16");
  }
  const ping = "0084a44e6f6465a16ea55365714e6f05aa536f7572636541646472a101aa536f75726365506f727401";
  assertThrows(() => decodeMessage(fromHex(ping)), DecodeError, "got 1 bytes");
});

Deno.test("of more than six version numbers the first six count, and fewer are none", () => {
  const long = decodeMessage(aliveWith("a356736e", "a701050202050400"));
  assertEquals(long, { type: "alive", claim });
  for (const vsn of ["c0", "a0", "a3010502", "a50105020205"]) {
    const message = decodeMessage(aliveWith("a356736e", vsn));
    assert(message.type === "alive");
    assertEquals(message.claim.versions, null, vsn);
  }
});

Deno.test("versions may come as an array of integers", () => {
  const message = decodeMessage(aliveWith("a356736e", "96010502020504"));
  assertEquals(message, { type: "alive", claim });
});

Deno.test("a claim does not hold on to the datagram it came in", () => {
  const datagram = new Uint8Array(1400);
  datagram.set(encodeMessage({ type: "alive", claim: { ...claim, meta: fromHex("ff80") } }));
  const message = decodeMessage(datagram.subarray(0, 100));
  assert(message.type === "alive");
  datagram.fill(0);
  assertEquals(message.claim.address.text, "127.0.0.1:7946");
  assertEquals(message.claim.meta, fromHex("ff80"));
  for (const kept of [message.claim.address.ip, message.claim.meta!]) {
    assert(kept.buffer.byteLength <= 512 && kept.buffer !== datagram.buffer);
  }
});

Deno.test("claims of equal meta and versions share them", () => {
  const [one, two, other] = ["ff80", "ff80", "ff81"].map((meta) => {
    const bytes = encodeMessage({ type: "alive", claim: { ...claim, meta: fromHex(meta) } });
    const message = decodeMessage(bytes);
    assert(message.type === "alive");
    return message.claim;
  });
  assertStrictEquals(one.meta, two.meta);
  assertStrictEquals(one.versions, other.versions);
  assertEquals(other.meta, fromHex("ff81"));
});

Deno.test("the addresses of many claims are told apart", () => {
  const claims = Array.from({ length: 500 }, (_, i) => {
    const address = new Address(Uint8Array.of(10, 0, i >> 8, i & 0xff), 7946);
    const message = decodeMessage(encodeMessage({ type: "alive", claim: { ...claim, address } }));
    assert(message.type === "alive");
    return message.claim;
  });
  for (const [i, { address }] of claims.entries()) {
    assertEquals(address.text, `10.0.${i >> 8}.${i & 0xff}:7946`);
  }
});

Deno.test("the body of a user message does not hold on to the datagram it came in", () => {
  const datagram = new Uint8Array(1400).fill(5);
  datagram[0] = 8;
  const message = decodeMessage(datagram.subarray(0, 11));
  assert(message.type === "user");
  datagram.fill(0);
  assertEquals(message.body.bytes, new Uint8Array(10).fill(5));
  assertEquals(message.body.bytes.buffer.byteLength, 10);
});

Deno.test("a message of another type is refused by its number", () => {
  for (const type of [6, 7, 9, 10, 12, 13, 14, 244, 255]) {
    assertThrows(
      () => decodeMessage(Uint8Array.of(type, 0x80)),
      DecodeError,
      `msg type (${type}) not supported`,
    );
  }
  assertThrows(() => decodeMessage(new Uint8Array()), DecodeError, "missing message type byte");
});

Deno.test("a message cut off anywhere is refused", () => {
  for (const message of messages.filter(({ type }) => type !== "user")) {
    const bytes = encodeMessage(message);
    for (let length = 0; length < bytes.length; length++) {
      assertThrows(() => decodeMessage(bytes.subarray(0, length)), DecodeError);
    }
  }
});
