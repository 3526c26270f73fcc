import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { calmScenario, type Scenario } from "../../../lib/sim/scenario/scenario.ts";
import { type ScenarioResult, ScenarioRun } from "../../../lib/sim/scenario/scenario_run.ts";

/** Runs a scenario of ten nodes to its end. */
function resultOf(changes: Partial<Scenario>): ScenarioResult {
  const run = new ScenarioRun({ ...calmScenario, nodes: 10, ...changes });
  while (!run.isOver) run.step();
  return run.result();
}

Deno.test("nothing goes wrong in a calm cluster", () => {
  const { detection, falseFailures, perNodeDay, series, delivery, healedMs } = resultOf({});
  assertEquals([detection.each.count, detection.each.missed, delivery.count], [0, 0, 0]);
  assertEquals(falseFailures.healthy, { incidents: 0, reports: 0 });
  assertEquals(perNodeDay, { healthy: 0, impaired: undefined });
  assertEquals(healedMs, []);
  assertEquals(series.length, 60);
  assert(series.every(({ wrongShare, bytesPerSecond }) => wrongShare === 0 && bytesPerSecond > 0));
});

Deno.test("a killed node is noticed by all, and known to be back after its restart", () => {
  const { detection, series, falseFailures } = resultOf({
    kills: [{ nodes: 1, atMs: 10_000, forMs: 30_000 }],
  });
  assertEquals([detection.each.count, detection.each.missed], [9, 0]);
  assertEquals([detection.first.count, detection.all.count], [1, 1]);
  assert(detection.first.max <= detection.all.max && detection.all.max < 20_000);
  // Nine others list one of nine entries wrongly until they notice.
  assertAlmostEquals(series[10].wrongShare, 9 / (9 * 9));
  assertEquals(series[29].wrongShare, 0);
  assertEquals(series.at(-1)?.wrongShare, 0);
  assertEquals(falseFailures.impaired.incidents, 0);
});

Deno.test("a kill that comes too late is missed by everybody", () => {
  const { detection } = resultOf({ seconds: 12, kills: [{ nodes: 2, atMs: 10_000 }] });
  assertEquals([detection.each.missed, detection.first.missed, detection.all.missed], [16, 2, 2]);
  assertEquals(detection.each.percentile(0.5), undefined);
});

Deno.test("a paused node is no false failure while it stands still, a slow one is", () => {
  const paused = resultOf({ pauses: [{ nodes: 1, atMs: 5_000, forMs: 30_000 }] });
  assertEquals(paused.falseFailures.impaired.incidents, 0);
  assert(paused.series[30].wrongShare > 0, "it is listed as failed");
  assertEquals(paused.series.at(-1)?.wrongShare, 0);
  const slow = resultOf({
    tune: { streamProbes: false, directRefutation: false, suspicionMult: 1 },
    slow: [{ nodes: 1, atMs: 5_000, delayMs: 5_000 }],
  });
  assert(slow.falseFailures.impaired.incidents > 0);
  assert(slow.falseFailures.impaired.reports >= slow.falseFailures.impaired.incidents);
  assert((slow.perNodeDay.impaired ?? 0) > 1);
});

Deno.test("the sides of a partition lose each other, which is no false failure, and find together", () => {
  const { falseFailures, healedMs, series } = resultOf({
    seconds: 90,
    zones: [{ name: "a", nodes: 6 }, { name: "b", nodes: 4 }],
    partitions: [{ zones: ["b"], nodes: 0, atMs: 5_000, forMs: 40_000 }],
  });
  assertEquals(falseFailures.healthy.incidents, 0);
  assertAlmostEquals(series[44].wrongShare, 2 * 6 * 4 / (10 * 9));
  assert(healedMs[0] !== undefined && healedMs[0] < 40_000);
  assertEquals(series.at(-1)?.wrongShare, 0);
});

Deno.test("events arrive at all others, later across a slow link", () => {
  const { delivery, eventsSent } = resultOf({
    zones: [{ name: "a", nodes: 5 }, { name: "b", nodes: 5 }],
    links: [{ between: ["b", "a"], latencyMs: [50, 60] }],
    events: [{ perSecond: 1, payloadBytes: 100, atMs: 0 }],
  });
  assertEquals(eventsSent, 54, "none in the last tenth");
  assertEquals([delivery.count, delivery.missed], [54 * 9, 0]);
  assert((delivery.percentile(0.1) ?? 0) < 10 && (delivery.percentile(0.9) ?? 0) > 50);
});

Deno.test("equal scenarios give equal runs", () => {
  const scenario: Partial<Scenario> = {
    loss: 0.2,
    slow: [{ nodes: 2, atMs: 0, delayMs: 700 }],
    events: [{ perSecond: 2, payloadBytes: 10, atMs: 0 }],
  };
  assertEquals(resultOf(scenario), resultOf(scenario));
  assert(resultOf(scenario).digest !== resultOf({ ...scenario, seed: 2 }).digest);
});

Deno.test("a scenario that asks for too many nodes is refused", () => {
  const refused = (changes: Partial<Scenario>, message: string) =>
    assertThrows(() => resultOf(changes), RangeError, message);
  refused({ kills: [{ nodes: 10, atMs: 0 }] }, "Cannot use 10 nodes for a fault");
  refused(
    {
      zones: [{ name: "a", nodes: 2 }, { name: "b", nodes: 8 }],
      kills: [{ nodes: 3, zone: "a", atMs: 0 }],
    },
    'Cannot use 3 nodes of zone "a" for a fault',
  );
  refused({ partitions: [{ zones: [], nodes: 10, atMs: 0 }] }, "Cannot cut off 10 of 10 nodes");
});
