import { assertEquals, assertGreater, assertThrows } from "@std/assert";
import { DecodeError } from "../../../lib/base/errors.ts";
import { ValueScanner } from "../../../lib/wire/msgpack/value_scanner.ts";
import { fromHex, toHex } from "../vectors.ts";

/** One value of every format, the longer ones with as much content as their length says. */
const values = [
  ...["00", "7f", "e0", "ff", "c0", "c2", "c3"],
  ...["cc80", "cd0100", "ce00010000", "cf0000000100000000"],
  ...["d0df", "d1ff7f", "d2ffff7fff", "d3ffffffff7fffffff"],
  ...["ca3f800000", "cb3ff0000000000000"],
  ...["a0", "a3616263", "bf" + "61".repeat(31), "d90161", "da000161", "db0000000161"],
  ...["c40101", "c500020102", "c60000000101"],
  ...["d40001", "d5000102", "d60001020304", "d7" + "00".repeat(9), "d8" + "00".repeat(17)],
  ...["c7020001" + "02", "c800010001", "c90000000100ff"],
  ...["90", "92c0c3", "dc0002a0a161", "dd000000019100"],
  ...["80", "82a16101a162c0", "de0001a16190", "df00000001a16181a162c2"],
];

Deno.test("the end of a value of every format is found, whatever follows", () => {
  for (const hex of values) {
    const scanner = new ValueScanner();
    assertEquals(scanner.scan(fromHex(hex + "c1c1")), true, hex);
    assertEquals(toHex(fromHex(hex).subarray(0, scanner.end)), hex);
    assertEquals(scanner.end, hex.length / 2, hex);
  }
});

Deno.test("a value that arrives byte by byte is complete with its last byte and not before", () => {
  for (const hex of [...values, "9f" + values.slice(0, 15).join("")]) {
    const bytes = fromHex(hex);
    const inPieces = new ValueScanner();
    const inBuffer = new ValueScanner();
    for (let length = 0; length < bytes.length; length++) {
      assertEquals(inPieces.scan(bytes.subarray(0, length)), false, `${hex} at ${length}`);
      assertEquals(inBuffer.scan(bytes, length), false, `${hex} up to ${length}`);
    }
    for (const scanner of [inPieces, inBuffer]) {
      assertEquals(scanner.scan(bytes), true, hex);
      assertEquals(scanner.end, bytes.length, hex);
    }
  }
});

Deno.test("a value may start anywhere", () => {
  const scanner = new ValueScanner(2);
  assertEquals(scanner.scan(fromHex("c1c192c0c3")), true);
  assertEquals(scanner.end, 5);
});

Deno.test("the announced size of a value is known before its bytes arrive", () => {
  for (const hex of ["dbffffffff", "c6ffffffff", "ddffffffff", "dfffffffff", "c9ffffffff"]) {
    const scanner = new ValueScanner();
    assertEquals(scanner.scan(fromHex(hex)), false, hex);
    assertGreater(scanner.end, 4_294_967_295, hex);
  }
});

Deno.test("arrays nested a million deep need neither stack nor time", () => {
  const bytes = new Uint8Array(1_000_001).fill(0x91);
  const scanner = new ValueScanner();
  assertEquals(scanner.scan(bytes.subarray(0, 1_000_000)), false);
  bytes[1_000_000] = 0xc0;
  assertEquals(scanner.scan(bytes), true);
});

Deno.test("the unused format byte is refused", () => {
  assertThrows(() => new ValueScanner().scan(fromHex("92c0c1")), DecodeError, "0xc1");
});
