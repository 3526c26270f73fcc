/** The encoding of the state of a core: what JSON cannot say survives, and so does identity. */

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { UserEvent } from "../../lib/api/event.ts";
import { Address } from "../../lib/base/address.ts";
import { decodeState, encodeState } from "../../lib/recording/parts/state_codec.ts";
import { EncodedMessage } from "../../lib/serf/encoded_message.ts";
import { claimOf } from "../swim/hand_world.ts";

function again<T>(value: T): T {
  return decodeState(encodeState(value)) as T;
}

Deno.test("values of all kinds survive", () => {
  const values = {
    nothing: [undefined, null],
    booleans: [true, false],
    numbers: [0, -0, 1, -1, 0.1, NaN, Infinity, -Infinity, 2 ** 53 - 1, 2 ** 53, 1e300],
    mixed: [1, "1", 1n, 2n ** 64n - 1n],
    texts: ["", "a", "a", "é", "\udc80 is a byte that was no UTF-8"],
    bytes: [new Uint8Array(), Uint8Array.of(1, 2, 3)],
    address: Address.parse("::1", 7946),
    map: new Map<unknown, unknown>([["a", 1], [2, new Map()], [undefined, new Set([1, "b"])]]),
    claims: [claimOf("a"), claimOf("b", { meta: Uint8Array.of(1), versions: null, state: "left" })],
    empty: [{}, [], new Map(), new Set()],
  };
  for (const [kind, value] of Object.entries(values)) assertEquals(again(value), value, kind);
  assertStrictEquals(again(values).numbers[1], -0);
});

Deno.test("fields of any name survive, those that objects have by themselves included", () => {
  const tags = Object.fromEntries([["__proto__", "x"], ["a,b", "1"], ["a", "b"], ["", ""]]);
  const copies = again([tags, { ...tags }, { a: 1, b: 2 }, { b: 2, a: 1 }]);
  for (const copy of copies.slice(0, 2)) assertEquals(Object.entries(copy), Object.entries(tags));
  assertEquals(copies.slice(2).map((copy) => Object.keys(copy)), [["a", "b"], ["b", "a"]]);
});

Deno.test("an object that is met twice is one object again", () => {
  const entry = { times: 1 };
  const claim = claimOf("a");
  const list = [entry];
  const copy = again({
    entry,
    list,
    lists: [list, list],
    map: new Map([["a", entry]]),
    claim,
    claim2: claim,
  });
  assert(copy.entry === copy.list[0] && copy.entry === copy.map.get("a"));
  assert(copy.lists[0] === copy.list && copy.lists[1] === copy.list);
  assertStrictEquals(copy.claim, copy.claim2);
});

Deno.test("instances become plain objects, and messages their bytes, without what is left out", () => {
  const event = new UserEvent({ lTime: 1, name: "e", payload: Uint8Array.of(1), coalesce: false });
  assertEquals(again<unknown>({ event }), { event: { ...event } });
  const message = new EncodedMessage({ type: "join", lTime: 1, node: "a" });
  assertEquals(again({ message }).message as unknown, { bytes: message.bytes });
  const redacted = encodeState([{ secret: 1, other: "key" }], {
    object: (value) => ({ ...value, secret: 0 }),
    text: (text) => text === "key" ? "no key" : text,
  });
  assertEquals(decodeState(redacted), [{ secret: 0, other: "no key" }]);
});

Deno.test("what cannot be saved is an error, and so are bytes that are no state", () => {
  assertThrows(() => encodeState({ callback: () => {} }), TypeError, "Cannot save a function");
  const bytes = encodeState({ a: [1.5, "text", claimOf("a")], b: new Map([["k", null]]) });
  for (let length = 0; length < bytes.length; length++) {
    assertThrows(() => decodeState(bytes.subarray(0, length)), RangeError);
  }
  for (const wrong of [[99], [8, 0], [16, 0], [15, 0], [14, 1, 9]]) {
    assertThrows(() => decodeState(Uint8Array.from(wrong)), RangeError);
  }
});
