/** Claims as memberlist encodes them are read like all others, only sooner; whatever else comes is left to the general reader. */

import { assert, assertEquals } from "@std/assert";
import { Address } from "../../../lib/base/address.ts";
import { DecodeError } from "../../../lib/base/errors.ts";
import { Random } from "../../../lib/sim/random.ts";
import { nodeStates } from "../../../lib/wire/messages/claim_codec.ts";
import {
  decodeAlive,
  decodeMessage,
  encodeMessage,
} from "../../../lib/wire/messages/message_codec.ts";
import type { Claim } from "../../../lib/wire/messages/messages.ts";
import { decodeNode, encodeStreamMessage } from "../../../lib/wire/messages/stream_codec.ts";
import { UsualClaims } from "../../../lib/wire/messages/usual_claims.ts";
import { Reader } from "../../../lib/wire/msgpack/reader.ts";
import { Writer } from "../../../lib/wire/msgpack/writer.ts";
import { ValueScanner } from "../../../lib/wire/msgpack/value_scanner.ts";

/** The type byte and the map that come before the nodes, of which there are fewer than 128. */
const HEADER_SIZE = encode([]).length;

function encode(nodes: readonly Claim[]): Uint8Array {
  return encodeStreamMessage({ type: "push-pull", join: true, nodes, userState: null });
}

function encodeNodes(nodes: readonly Claim[]): Uint8Array {
  return encode(nodes).slice(HEADER_SIZE);
}

function claim(random: Random): Claim {
  const names = ["a", "agent-one", "é".repeat(9), "n".repeat(40), "n".repeat(300)];
  return {
    node: names[random.below(names.length)],
    incarnation: [0, 127, 128, 255, 256, 65_536, 0xffff_ffff][random.below(7)],
    state: nodeStates[random.below(nodeStates.length)],
    address: random.below(2) === 0
      ? Address.parse("10.1.2.3", [0, 127, 200, 7946, 65_535][random.below(5)])
      : Address.parse("fe80::1", 7946),
    meta: Uint8Array.from(
      { length: [0, 7, 31, 32, 512][random.below(5)] },
      () => random.below(256),
    ),
    versions: {
      protocolMin: 1,
      protocolMax: 5,
      protocolCur: 2,
      delegateMin: 2,
      delegateMax: 5,
      delegateCur: random.below(6),
    },
  };
}

/** What the general reader makes of the first value of these bytes. */
function decodeGenerally(bytes: Uint8Array): { node: Claim | undefined; end: number } {
  const scanner = new ValueScanner();
  assert(scanner.scan(bytes), "complete");
  return { node: decodeNode(bytes.subarray(0, scanner.end)), end: scanner.end };
}

Deno.test("a node is written as its parts are one by one", () => {
  const random = new Random(8);
  const claims = Array.from({ length: 100 }, () => claim(random));
  claims.push({ ...claims[0], meta: null }, { ...claims[0], versions: null });
  for (const claim of claims) {
    const { node, incarnation, state, address, meta, versions: v } = claim;
    const versions = v && Uint8Array.of(
      ...[v.protocolMin, v.protocolMax, v.protocolCur],
      ...[v.delegateMin, v.delegateMax, v.delegateCur],
    );
    const writer = new Writer().map(7).string("Addr").binary(address.ip)
      .string("Incarnation").int(incarnation).string("Meta").binary(meta)
      .string("Name").string(node).string("Port").int(address.port)
      .string("State").int(nodeStates.indexOf(state)).string("Vsn").binary(versions);
    assertEquals(encodeNodes([claim]), writer.bytes());
  }
});

Deno.test("all nodes that memberlist may send are read", () => {
  const random = new Random(1);
  const nodes = Array.from({ length: 100 }, () => claim(random));
  const bytes = encodeNodes(nodes);
  const usual = new UsualClaims(bytes);
  for (const node of nodes) assertEquals(usual.nextNode(), node);
  assertEquals(usual.offset, bytes.length);
  assertEquals(usual.nextNode(), undefined);
});

Deno.test("a node is not read before its last byte is there", () => {
  const bytes = encodeNodes([claim(new Random(2))]);
  for (let length = 0; length < bytes.length; length++) {
    const usual = new UsualClaims(bytes.subarray(0, length));
    assertEquals(usual.nextNode(), undefined);
    assertEquals(usual.offset, 0);
  }
});

Deno.test("a node with any byte changed is read as the general reader does, or left to it", () => {
  const random = new Random(3);
  let read = 0;
  for (let i = 0; i < 40; i++) {
    const bytes = encodeNodes([claim(random), claim(random)]);
    for (let at = 0; at < Math.min(bytes.length, 400); at++) {
      for (const value of [random.below(256), bytes[at] ^ 1 << random.below(8)]) {
        const changed = bytes.with(at, value);
        const usual = new UsualClaims(changed);
        const node = usual.nextNode();
        if (node === undefined) {
          assertEquals(usual.offset, 0);
          continue;
        }
        read++;
        assertEquals({ node, end: usual.offset }, decodeGenerally(changed));
      }
    }
  }
  assert(read > 10_000, `${read} were read`);
});

Deno.test("what makes no sense to the general reader is left to it", () => {
  const node = claim(new Random(4));
  const meta = new Uint8Array(5_000);
  const usual = new UsualClaims(encodeNodes([{ ...node, meta }]));
  assertEquals(usual.nextNode(), undefined);
  for (const [from, to] of [["State", 4], ["Addr", 5]] as const) {
    const bytes = encodeNodes([{ ...node, address: Address.parse("10.1.2.3", 1) }]);
    const key = new TextEncoder().encode(from);
    const at = bytes.findIndex((_, i) => key.every((byte, j) => bytes[i + j] === byte));
    const value = at + key.length;
    const changed = bytes.with(value, from === "Addr" ? 0xa0 + to : to);
    assertEquals(new UsualClaims(changed).nextNode(), undefined);
    try {
      assertEquals(decodeGenerally(changed).node, undefined);
    } catch (error) {
      assert(error instanceof DecodeError);
    }
  }
});

function encodeAlive(claim: Claim): Uint8Array {
  return encodeMessage({ type: "alive", claim });
}

Deno.test("all alive messages that memberlist may send are read", () => {
  const random = new Random(5);
  for (let i = 0; i < 100; i++) {
    const alive: Claim = { ...claim(random), state: "alive" };
    const bytes = encodeAlive(alive);
    const usual = new UsualClaims(bytes, 1);
    assertEquals([usual.nextAlive(), usual.offset], [alive, bytes.length]);
    for (let length = 1; length < bytes.length; length += 7) {
      assertEquals(new UsualClaims(bytes.subarray(0, length), 1).nextAlive(), undefined);
    }
  }
});

Deno.test("an alive message with any byte changed is read as the general reader does, or left to it", () => {
  const random = new Random(6);
  let read = 0;
  for (let i = 0; i < 40; i++) {
    const bytes = encodeAlive(claim(random));
    for (let at = 1; at < Math.min(bytes.length, 400); at++) {
      const changed = bytes.with(at, random.below(256));
      const alive = new UsualClaims(changed, 1).nextAlive();
      if (alive === undefined) continue;
      read++;
      assertEquals(alive, decodeAlive(new Reader(changed, 1)));
    }
  }
  assert(read > 2_000, `${read} were read`);
});

Deno.test("an alive message without versions or meta is left to the general reader", () => {
  const { node, incarnation, address } = claim(new Random(7));
  const alive: Claim = { node, incarnation, state: "alive", address, meta: null, versions: null };
  const bytes = encodeAlive(alive);
  assertEquals(new UsualClaims(bytes, 1).nextAlive(), undefined);
  assertEquals(decodeMessage(bytes), { type: "alive", claim: alive });
});
