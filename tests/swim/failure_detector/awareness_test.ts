import { assertEquals } from "@std/assert";
import { Awareness } from "../../../lib/swim/failure_detector/awareness.ts";

Deno.test("the health score stays between 0 and its limit", () => {
  const awareness = new Awareness(8);
  assertEquals(awareness.score, 0);
  awareness.apply(-3);
  assertEquals(awareness.score, 0);
  awareness.apply(5);
  assertEquals(awareness.score, 5);
  awareness.apply(20);
  assertEquals(awareness.score, 7);
  awareness.apply(-1);
  assertEquals(awareness.score, 6);
});

Deno.test("times are stretched by the health score", () => {
  const awareness = new Awareness(8);
  assertEquals(awareness.scale(1_000), 1_000);
  awareness.apply(3);
  assertEquals(awareness.scale(1_000), 4_000);
});
