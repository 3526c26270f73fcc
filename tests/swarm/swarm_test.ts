import { assertEquals } from "@std/assert";
import { drawPlan } from "./plan.ts";
import { runSwarm } from "./swarm.ts";
import { describeFailure } from "./swarm_report.ts";
import { runPlan } from "./swarm_run.ts";

/** Drawn anew each time, unless `SERF_SWARM_SEED` names the first seed. */
const FIRST = Number(Deno.env.get("SERF_SWARM_SEED") ?? 1 + Math.floor(Math.random() * 1e9));
const SEEDS = 300;
/** So that no test takes long, each runs so many. */
const SLICE = 50;

for (let from = FIRST; from < FIRST + SEEDS; from += SLICE) {
  Deno.test(`no random faults violate an invariant (seeds ${from} to ${from + SLICE - 1})`, async () => {
    const { failures } = await runSwarm({ from, seeds: SLICE });
    assertEquals(failures.map(describeFailure).join("\n"), "");
  });
}

Deno.test("a run of the swarm is the same for the same seed", () => {
  for (let seed = FIRST; seed < FIRST + 5; seed++) {
    const [first, second] = [1, 2].map(() => runPlan(drawPlan(seed)));
    assertEquals(first, second, `seed ${seed}`);
  }
});
