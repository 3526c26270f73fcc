import { assertEquals } from "@std/assert";
import type { LamportTime } from "../../lib/base/lamport_time.ts";
import {
  isBelievable,
  isOlderThan,
  LamportClock,
  laterTime,
  parseTime,
  ringIndex,
  timeAfter,
  timeBefore,
} from "../../lib/serf/lamport.ts";

const LAST_EXACT = Number.MAX_SAFE_INTEGER;
const LAST = 2n ** 64n - 1n;

Deno.test("a clock starts at 1, or after the time it is restored to", () => {
  assertEquals(new LamportClock().time, 1);
  assertEquals(new LamportClock(41).time, 42);
});

Deno.test("a tick returns the current time and advances", () => {
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

Deno.test("a clock counts on past the last exact number, in bigints", () => {
  const clock = new LamportClock(LAST_EXACT - 1);
  assertEquals([clock.tick(), clock.tick(), clock.tick()], [
    LAST_EXACT,
    2n ** 53n,
    2n ** 53n + 1n,
  ]);
  assertEquals(clock.witness(LAST_EXACT), true);
  assertEquals(clock.time, 2n ** 53n + 2n);
  assertEquals(clock.witness(2n ** 60n), true);
  assertEquals(clock.time, 2n ** 60n + 1n);
});

Deno.test("times next to the borders of number and of 64 bits have neighbours of the right kind", () => {
  const pairs: [time: LamportTime, next: LamportTime][] = [
    [0, 1],
    [LAST_EXACT - 1, LAST_EXACT],
    [LAST_EXACT, 2n ** 53n],
    [2n ** 53n, 2n ** 53n + 1n],
    [LAST - 1n, LAST],
  ];
  for (const [time, next] of pairs) {
    assertEquals(timeAfter(time), next);
    assertEquals(timeBefore(next), time);
  }
  assertEquals(timeBefore(0), 0);
  assertEquals(timeAfter(LAST), LAST);
});

Deno.test("times are compared, and placed in a ring, whichever kind they are", () => {
  assertEquals(laterTime(5, 2n ** 53n), 2n ** 53n);
  assertEquals(laterTime(2n ** 53n, 5), 2n ** 53n);
  assertEquals(isOlderThan(4, 5, 1), false);
  assertEquals(isOlderThan(3, 5, 1), true);
  assertEquals(isOlderThan(0, 3, 8), false);
  assertEquals(isOlderThan(LAST_EXACT - 6, 2n ** 53n + 1n, 8), false);
  assertEquals(isOlderThan(LAST_EXACT - 7, 2n ** 53n + 1n, 8), true);
  assertEquals(isOlderThan(2n ** 60n, 2n ** 60n + 9n, 8), true);
  assertEquals([ringIndex(513, 512), ringIndex(2n ** 53n + 3n, 512)], [1, 3]);
});

Deno.test("a text of digits is a time if it fits into 64 bits", () => {
  const times: LamportTime[] = [0, 7, LAST_EXACT, 2n ** 53n, LAST];
  for (const time of times) assertEquals(parseTime(String(time)), time);
  assertEquals(parseTime("0007"), 7);
  assertEquals(parseTime(String(LAST + 1n)), undefined);
  assertEquals(parseTime("9".repeat(1_000_000)), undefined);
});

Deno.test("a time that no cluster can have counted to is refused", () => {
  for (const time of [0, LAST_EXACT, 2n ** 62n, 2n ** 63n]) {
    assertEquals(new LamportClock().witness(time), true);
  }
  const clock = new LamportClock();
  assertEquals([clock.witness(LAST), clock.time], [false, 1]);
  assertEquals(new LamportClock(LAST).time, 1);
  assertEquals(isBelievable(LAST), false);
});

Deno.test("a clock that somebody has set as far ahead as can be still counts and follows", () => {
  const clock = new LamportClock();
  assertEquals(clock.witness(2n ** 63n + 2n ** 32n), true);
  for (let i = 0; i < 3; i++) assertEquals(clock.witness(timeAfter(clock.time)), true);
  assertEquals(clock.time, 2n ** 63n + 2n ** 32n + 7n);
});

Deno.test("refused times are logged at most once a minute", () => {
  const lines: string[] = [];
  const world = { now: 0 };
  const clock = new LamportClock(0, {
    world,
    log: (level, text) => lines.push(`${level} ${text}`),
  });
  for (world.now = 0; world.now <= 60_000; world.now += 1_000) clock.witness(LAST);
  const line = "WARN Ignoring Lamport time 18446744073709551615, clock is at 1";
  assertEquals(lines, [line, line]);
});
