import { assertEquals, assertThrows } from "@std/assert";
import { type Coordinate, distance, rawDistance } from "../../lib/api/coordinate.ts";

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
