import { assertAlmostEquals, assertEquals } from "@std/assert";
import { simulate } from "../../lib/sim/mod.ts";
import { scenario } from "./scenario.ts";

Deno.test("a cluster of 1,000 nodes converges and detects a death", async (test) => {
  const options = { nodes: 1000, seed: 1, keepEvents: 0, joinWithinMs: 500, settle: false };
  const cluster = simulate(options);
  // This takes a minute of real time, so each step reports when it is done.
  for (const nodes of [500, 750, 1000]) {
    await test.step(`${nodes} nodes have started`, () => {
      cluster.runUntil(() => cluster.running.length >= nodes, { seconds: 1 });
    });
  }
  await test.step("the views converge within five seconds", () => {
    cluster.runUntil(() => cluster.converged(), { ms: 5_000 - cluster.now });
  });
  await test.step("a killed node is declared failed everywhere", () => {
    cluster.node(500).kill();
    cluster.runUntil(() => cluster.allSee("n500", "failed"), { seconds: 60 });
    const failed = cluster.node(0).members().filter(({ status }) => status === "failed");
    assertEquals(failed.map(({ name }) => name), ["n500"]);
  });
});

scenario("a node sends as much in a cluster of 1,000 as in one of 10", (seed) => {
  for (const nodes of [10, 1000]) {
    const cluster = simulate({ nodes, seed, keepEvents: 0, join: "formed" });
    cluster.run({ seconds: 10 });
    const before = cluster.statistics.packets;
    cluster.run({ seconds: 10 });
    // A ping of its own and the answer to one of another's, in each second.
    assertAlmostEquals((cluster.statistics.packets - before) / nodes / 10, 2, 0.01);
  }
}, { seeds: [1] });
