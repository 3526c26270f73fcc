import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { countFalsePositives, measureMedianLatencies, total } from "./papers/lifeguard_tables.ts";
import { mean, type Run, seedsFrom } from "./papers/markdown.ts";
import { measureDetection, measureJoins } from "./papers/swim.ts";

const run: Run = { seed: 1, size: "quick" };

Deno.test("slow members cause fewest false positives with our additions, fewer with Lifeguard, and most with SWIM", () => {
  const counts = countFalsePositives(run);
  const swim = total(counts, "SWIM", "atAll");
  const lifeguard = total(counts, "Lifeguard", "atAll");
  assertGreater(swim, 100);
  // A hundredth in the clusters of the paper; in small ones a state exchange soon brings the confirmations.
  assertLess(total(counts, "LHA-Suspicion", "atAll"), 0.4 * swim);
  assertLess(lifeguard, 0.4 * swim);
  assertLess(total(counts, "ours", "atAll"), lifeguard);
});

Deno.test("a smaller alpha detects sooner in proportion, and our additions no later", () => {
  const [swim, alpha5, alpha4, alpha2, ours] = measureMedianLatencies(run);
  for (const [{ first }, share] of [[alpha5, 1], [alpha4, 0.84], [alpha2, 0.53]] as const) {
    assert(Math.abs(first / swim.first - share) < 0.05, `${first} of ${swim.first}`);
  }
  const rounding = 0.001;
  assertLess(ours.first, alpha5.first + rounding);
  assertLess(ours.full, alpha5.full + rounding);
});

Deno.test("a death is noticed after 1.58 periods, and the load is two messages, whatever the size", () => {
  for (const nodes of [8, 24]) {
    const all = seedsFrom(run.seed, 50).map((seed) => measureDetection(nodes, seed));
    const period = mean(all.map((one) => one.period));
    assert(period > 1.2 && period < 2, `${period}`);
    assertEquals(Math.round(10 * mean(all.map((one) => one.messages))), 20);
  }
});

Deno.test("with suspicion, most members that join in spite of losses stay, and without it few", () => {
  const left = (suspicion: boolean) =>
    mean(seedsFrom(run.seed, 2).map((seed) => measureJoins(seed, { suspicion })));
  assertGreater(left(true), 10);
  assertLess(left(false), 5);
});
