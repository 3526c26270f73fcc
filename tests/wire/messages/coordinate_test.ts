import { assertEquals, assertThrows } from "@std/assert";
import { DecodeError } from "../../../lib/base/errors.ts";
import { decodeCoordinate, encodeCoordinate } from "../../../lib/wire/messages/coordinate.ts";
import { fromHex, toHex } from "../vectors.ts";

const hex = "0184aa41646a7573746d656e74cb0000000000000000a54572726f72cb3ff8000000000000" +
  "a6486569676874cb3ee4f8b588e368f1a356656392cb0000000000000000cb3ff8000000000000";
const coordinate = { vec: [0, 1.5], error: 1.5, adjustment: 0, height: 1e-5 };

Deno.test("a coordinate is a version byte and a map of floats", () => {
  assertEquals(toHex(encodeCoordinate(coordinate)), hex);
  assertEquals(decodeCoordinate(fromHex(hex)), coordinate);
});

Deno.test("a coordinate with values that make no sense still decodes", () => {
  const broken = { vec: [NaN, -Infinity], error: -1, adjustment: Infinity, height: -0 };
  assertEquals(decodeCoordinate(encodeCoordinate(broken)), broken);
  assertEquals(decodeCoordinate(fromHex("01c0")), { vec: [], error: 0, adjustment: 0, height: 0 });
});

Deno.test("another version, no payload, and a payload cut off anywhere are refused", () => {
  assertThrows(() => decodeCoordinate(fromHex("02" + hex.slice(2))), DecodeError, "version: 2");
  assertThrows(() => decodeCoordinate(new Uint8Array()), DecodeError, "no payload");
  const bytes = fromHex(hex);
  for (let length = 0; length < bytes.length; length++) {
    assertThrows(() => decodeCoordinate(bytes.subarray(0, length)), DecodeError);
  }
});
