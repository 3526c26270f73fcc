import { assertEquals } from "@std/assert";
import { LamportClock } from "../../lib/serf/lamport.ts";

Deno.test("a clock starts at 1, or after the time it is restored to", () => {
  assertEquals(new LamportClock().time, 1);
  assertEquals(new LamportClock(41).time, 42);
});

Deno.test("a tick returns the current time and moves on", () => {
  const clock = new LamportClock();
  assertEquals([clock.tick(), clock.tick(), clock.time], [1, 2, 3]);
});

Deno.test("a witnessed time moves the clock past it, an older one does not", () => {
  const clock = new LamportClock();
  clock.witness(10);
  assertEquals(clock.time, 11);
  clock.witness(10);
  assertEquals(clock.time, 11);
  clock.witness(11);
  assertEquals(clock.time, 12);
});

Deno.test("a clock stops at the last exact number", () => {
  const clock = new LamportClock(Number.MAX_SAFE_INTEGER);
  assertEquals(clock.tick(), Number.MAX_SAFE_INTEGER);
  assertEquals(clock.time, Number.MAX_SAFE_INTEGER);
});
