import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Distribution } from "../../../lib/sim/scenario/distribution.ts";

Deno.test("percentiles are right to half of a percent, and the maximum exactly", () => {
  const times = new Distribution();
  for (let ms = 1; ms <= 1000; ms++) times.add(ms);
  for (const share of [0.01, 0.5, 0.9, 0.99]) {
    assertAlmostEquals(times.percentile(share) ?? 0, 1000 * share, 1000 * share * 0.01, `${share}`);
  }
  assertEquals(times.percentile(1), 1000);
  assertEquals([times.count, times.max], [1000, 1000]);
});

Deno.test("what never came is later than everything that did", () => {
  const times = new Distribution();
  assertEquals(times.percentile(0.5), undefined);
  times.add(0);
  times.add(5);
  times.missed = 2;
  assertAlmostEquals(times.percentile(0.5) ?? 0, 5, 0.05);
  assertEquals(times.percentile(0.51), undefined);
  assert(times.cumulative().every(({ share }) => share <= 0.5));
});
