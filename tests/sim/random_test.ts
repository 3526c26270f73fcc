import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { Random } from "../../lib/sim/random.ts";

function draw(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.next());
}

Deno.test("equal seeds give equal sequences", () => {
  assertEquals(draw(new Random(42), 100), draw(new Random(42), 100));
});

Deno.test("neighbouring and large seeds give different sequences", () => {
  const first = [0, 1, 2, 2 ** 32, 2 ** 33, -1].map((seed) => new Random(seed).next());
  assertEquals(new Set(first).size, first.length);
});

Deno.test("a fork depends on seed and purpose, not on earlier draws", () => {
  const fresh = new Random(7);
  const used = new Random(7);
  draw(used, 1000);
  assertEquals(draw(fresh.fork("loss"), 10), draw(used.fork("loss"), 10));
  assertNotEquals(draw(fresh.fork("loss"), 10), draw(fresh.fork("delay"), 10));
  assertNotEquals(draw(fresh.fork(1), 10), draw(fresh.fork(11), 10));
});

Deno.test("numbers are uniform in [0, 1)", () => {
  const random = new Random(3);
  const buckets = new Array(10).fill(0);
  for (let i = 0; i < 100_000; i++) {
    const value = random.next();
    assert(value >= 0 && value < 1);
    buckets[Math.floor(value * 10)]++;
  }
  // Five standard deviations of a binomial count.
  for (const count of buckets) assertAlmostEquals(count, 10_000, 5 * Math.sqrt(9_000));
});

Deno.test("integers and ranges stay within their bounds", () => {
  const random = new Random(5);
  const seen = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    seen.add(random.below(6));
    const value = random.between(-2, 3);
    assert(value >= -2 && value < 3);
  }
  assertEquals([...seen].sort(), [0, 1, 2, 3, 4, 5]);
});

Deno.test("a chance of 0 is never true and draws nothing, a chance of 1 is always true", () => {
  const random = new Random(9);
  const untouched = new Random(9);
  for (let i = 0; i < 100; i++) assertEquals(random.chance(0), false);
  assertEquals(random.next(), untouched.next());
  for (let i = 0; i < 100; i++) assertEquals(random.chance(1), true);
});
