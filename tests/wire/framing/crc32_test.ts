import { crc32 as zlibCrc32 } from "node:zlib";
import { assertEquals } from "@std/assert";
import { crc32 } from "../../../lib/wire/framing/crc32.ts";

const encoder = new TextEncoder();

Deno.test("the standard's check string has the standard's checksum", () => {
  assertEquals(crc32(encoder.encode("123456789")), 0xcbf43926);
});

Deno.test("the checksum of no bytes is 0, and that of 0xff bytes uses all 32 bits", () => {
  assertEquals(crc32(new Uint8Array()), 0);
  assertEquals(crc32(new Uint8Array(4).fill(0xff)), 0xffffffff);
});

Deno.test("checksums are those of zlib, for every byte and every length up to a datagram's", () => {
  const bytes = Uint8Array.from({ length: 1500 }, (_, i) => i * 167 + (i >> 8));
  for (let length = 0; length <= bytes.length; length++) {
    const part = bytes.subarray(0, length);
    assertEquals(crc32(part), zlibCrc32(part), `length ${length}`);
  }
});
