import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { simulate } from "../../lib/sim/mod.ts";
import { scenario } from "./scenario.ts";

scenario("a cluster of 1,000 nodes converges and detects a death", (seed) => {
  const cluster = simulate({ nodes: 1000, seed, keepEvents: 0, joinWithinMs: 500 });
  assert(cluster.now < 5_000, `took ${cluster.now} ms to converge`);
  cluster.node(500).kill();
  cluster.runUntil(() => cluster.allSee("n500", "failed"), { seconds: 60 });
  const failed = cluster.node(0).members().filter(({ status }) => status === "failed");
  assertEquals(failed.map(({ name }) => name), ["n500"]);
}, { seeds: [1] });

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
