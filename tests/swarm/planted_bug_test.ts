import { assert, assertEquals } from "@std/assert";
import { drawPlan, type Plan } from "./plan.ts";
import { shrink } from "./shrink.ts";
import { runPlan } from "./swarm_run.ts";

/** Nodes forget events after two Lamport times, and take those that they forgot for events that are too old. */
function withBug(plan: Plan): Plan {
  const config = { ...plan.cluster.config, eventBuffer: 2 };
  return { ...plan, cluster: { ...plan.cluster, config }, restLimitSeconds: 60 };
}

Deno.test("the swarm finds a planted bug, and tells which faults it takes", () => {
  const seeds = Array.from({ length: 50 }, (_, i) => i + 1);
  const failing = seeds.find((seed) =>
    runPlan(withBug(drawPlan(seed))).failure?.invariant === "event delivery"
  );
  assert(failing !== undefined);
  const plan = drawPlan(failing);
  const faults = shrink(withBug(plan), "event delivery");
  assert(faults.length > 0 && faults.length < plan.faults.length);
  const keep = new Set(faults);
  assertEquals(runPlan(withBug(plan), { keep }).failure?.invariant, "event delivery");
  assertEquals(runPlan(plan, { keep }).failure, undefined);
});
