import { assert, assertEquals } from "@std/assert";
import { GossipBudget } from "../../../lib/swim/gossip/gossip_budget.ts";

function budgetAt(now: number): { world: { now: number }; budget: GossipBudget } {
  const world = { now };
  return { world, budget: new GossipBudget(world, { gossipNodes: 3, gossipIntervalMs: 200 }) };
}

Deno.test("a budget covers four fan-outs at first, and no more after any time", () => {
  const { world, budget } = budgetAt(5);
  assert(budget.covers(12));
  world.now += 1e9;
  assert(budget.covers(12));
  assert(!budget.covers(13));
});

Deno.test("packets come back at three quarters of the rate of ticks", () => {
  const { world, budget } = budgetAt(5);
  for (let i = 0; i < 12; i++) budget.spend();
  assertEquals([budget.covers(1), budget.msUntil(1), budget.msUntil(9)], [false, 89, 800]);
  world.now += 89;
  assertEquals([budget.covers(1), budget.covers(2)], [true, false]);
  world.now += 711;
  assert(budget.covers(9));
});

Deno.test("full packets leave one fan-out, but stop the income", () => {
  const { world, budget } = budgetAt(5);
  for (let i = 0; i < 100; i++) {
    budget.spendFull();
    world.now += 3;
  }
  assert(budget.covers(3));
  assert(!budget.covers(4));
});
