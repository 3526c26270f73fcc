import { assertEquals } from "@std/assert";
import { Random } from "../../lib/sim/random.ts";
import { drawPlan, type Plan } from "./plan.ts";
import { shrink, smallest } from "./shrink.ts";
import type { SwarmRun } from "./swarm_run.ts";
import { describeFailure } from "./swarm_report.ts";

/** A plan in which two of twenty faults together make an exception. */
function planWithBug(): Plan {
  const ready = new WeakSet<SwarmRun>();
  const texts = Array.from({ length: 20 }, (_, index) => `fault ${index}`);
  const faults = texts.map((text, index) => ({
    index,
    text,
    kind: "test",
    afterSeconds: 0,
    inject: (run: SwarmRun) => {
      if (index === 5) ready.add(run);
      if (index === 13 && ready.has(run)) throw new Error("both faults");
      return true;
    },
  }));
  return { ...drawPlan(1), faults };
}

Deno.test("shrinking leaves the faults that are needed", () => {
  assertEquals(shrink(planWithBug(), "exception"), [5, 13]);
});

Deno.test("of any number of items those that are needed are left", () => {
  const random = new Random(1);
  for (let run = 0; run < 200; run++) {
    const items = Array.from({ length: 1 + random.below(40) }, (_, i) => i);
    const needed = items.filter(() => random.chance(0.1));
    const fails = (kept: readonly number[]) => needed.every((item) => kept.includes(item));
    assertEquals(smallest(items, fails), needed);
  }
});

Deno.test("shrinking leaves no fault if none is needed", () => {
  const plan = drawPlan(1);
  // The time of a fault passes even if it is left out.
  const faults = plan.faults.map((fault) => ({ ...fault, afterSeconds: NaN }));
  assertEquals(shrink({ ...plan, faults }, "exception"), []);
});

Deno.test("a failure is described with the faults and the command that replays it", () => {
  const failure = {
    seed: 7,
    invariant: "convergence",
    problem: "n0 does not see n1",
    faults: [{ index: 3, text: "kill n1" }, { index: 9, text: "n0 leaves" }],
  };
  assertEquals(
    describeFailure(failure),
    `seed 7 violates convergence: n0 does not see n1
  3: kill n1
  9: n0 leaves
  replay: deno task swarm --seed 7 --keep 3,9`,
  );
});
