import { assertEquals, assertThrows } from "@std/assert";
import { DecodeError } from "../../../lib/base/errors.ts";
import {
  type Coordinate,
  decodeCoordinate,
  distance,
  encodeCoordinate,
  rawDistance,
} from "../../../lib/wire/messages/coordinate.ts";
import { fromHex, toHex } from "../vectors.ts";

const here: Coordinate = { vec: [0, 0], error: 1, adjustment: 0, height: 0.001 };
const there: Coordinate = { vec: [0.3, 0.4], error: 1, adjustment: 0.01, height: 0.002 };

Deno.test("distance is the length between, both heights and both adjustments", () => {
  assertEquals(distance(here, there), 0.513);
  assertEquals(rawDistance(here, there), 0.503);
});

Deno.test("adjustments that would make a distance negative are left out", () => {
  assertEquals(distance(here, { ...there, adjustment: -0.6 }), 0.503);
});

Deno.test("distance is cut to whole nanoseconds", () => {
  const near = { ...here, height: 0, vec: [0, 0] };
  assertEquals(distance(near, { ...near, vec: [1.9e-9, 0] }), 1e-9);
  assertEquals(distance(near, { ...near, vec: [2.5, 0] }), 2.5);
});

Deno.test("coordinates of different dimensions cannot be compared", () => {
  assertThrows(() => distance(here, { ...here, vec: [0, 0, 0] }), RangeError, "2 and 3 dimensions");
});

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
