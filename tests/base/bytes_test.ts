import { assertEquals, assertStrictEquals } from "@std/assert";
import { decodeUtf8, encodeUtf8, equalBytes, toBytes } from "../../lib/base/bytes.ts";

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

Deno.test("text goes to UTF-8 and back; a byte order mark is part of it", () => {
  const text = "\ufeffcafé";
  assertEquals(encodeUtf8(text), Uint8Array.of(0xef, 0xbb, 0xbf, 0x63, 0x61, 0x66, 0xc3, 0xa9));
  assertEquals(decodeUtf8(encodeUtf8(text)), text);
  assertEquals(decodeUtf8(Uint8Array.of(0x61, 0xff)), "a\ufffd");
  assertEquals(decodeUtf8(null), "");
});

Deno.test("a payload may be text, bytes, or none", () => {
  const bytes = Uint8Array.of(1);
  assertStrictEquals(toBytes(bytes), bytes);
  assertEquals(toBytes("a"), Uint8Array.of(0x61));
  assertEquals(toBytes(null), null);
});
