import { assertEquals, assertStrictEquals } from "@std/assert";
import { equalBytes, toBytes } from "../../lib/base/bytes.ts";

Deno.test("bytes are the same when all of them are", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  assertEquals(equalBytes(bytes, bytes), true);
  assertEquals(equalBytes(bytes, Uint8Array.of(1, 2, 3)), true);
  assertEquals(equalBytes(bytes, Uint8Array.of(1, 2, 4)), false);
  assertEquals(equalBytes(bytes, Uint8Array.of(1, 2)), false);
  assertEquals(equalBytes(new Uint8Array(), bytes), false);
});

Deno.test("no bytes are the same as an empty byte string, as a nil slice in Go", () => {
  assertEquals(equalBytes(null, null), true);
  assertEquals(equalBytes(null, new Uint8Array()), true);
  assertEquals(equalBytes(Uint8Array.of(0), null), false);
});

Deno.test("a payload may be text, bytes, or none", () => {
  const bytes = Uint8Array.of(1);
  assertStrictEquals(toBytes(bytes), bytes);
  assertEquals(toBytes("a"), Uint8Array.of(0x61));
  assertEquals(toBytes(null), null);
});
