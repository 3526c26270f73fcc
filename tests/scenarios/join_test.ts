import { assert, assertEquals } from "@std/assert";
import { simulate, type SimulateOptions } from "../../lib/sim/mod.ts";
import { scenario } from "./scenario.ts";

/** Virtual seconds from the last start until everybody knows everybody. */
function secondsToConverge(options: SimulateOptions): number {
  const cluster = simulate(options);
  const { joinWithinMs = 1000 } = options;
  return (cluster.now - joinWithinMs) / 1000;
}

scenario("nodes that join the first one all get to know each other", (seed) => {
  assert(secondsToConverge({ nodes: 30, seed }) < 5);
});

scenario("nodes that each join the one before all get to know each other", (seed) => {
  assert(secondsToConverge({ nodes: 30, seed, join: "chain" }) < 5);
});

scenario("nodes that start at the same time get to know each other within seconds", (seed) => {
  assert(secondsToConverge({ nodes: 60, seed, joinWithinMs: 50 }) < 5);
});

scenario("a cluster forms without eager gossip", (seed) => {
  assert(secondsToConverge({ nodes: 30, seed, tune: { eagerGossip: false } }) < 10);
});

scenario("a cluster forms under 30 % loss", (seed) => {
  assert(secondsToConverge({ nodes: 20, seed, loss: 0.3 }) < 60);
});

scenario("a cluster forms over a wide area", (seed) => {
  const options = { nodes: 20, seed, profile: "wan", latencyMs: [20, 150] } as const;
  assert(secondsToConverge(options) < 20);
});

scenario("every node gets one join event for every member", (seed) => {
  const cluster = simulate({ nodes: 12, seed, duplicate: 0.2, reorder: 0.2 });
  const expected = cluster.nodes.map(({ name }) => name).sort();
  for (const node of cluster.nodes) {
    const joined = node.events().flatMap((event) =>
      event.type === "member-join" ? event.members.map(({ name }) => name) : []
    );
    assertEquals(joined.sort(), expected, node.name);
  }
});

scenario("a join of an address where nobody listens fails with connection refused", (seed) => {
  const cluster = simulate({ nodes: 2, seed, join: "none" });
  cluster.run({ seconds: 1 });
  cluster.node(1).kill();
  const join = cluster.node(0).join(cluster.node(1));
  cluster.run({ seconds: 20 });
  assert(join.done);
  assertEquals(join.joined, 0);
  assert(join.error?.includes("connection refused"), join.error);
});

scenario("two clusters merge when a node of one joins the other", (seed) => {
  const cluster = simulate({ nodes: 10, seed, join: "none" });
  cluster.run({ seconds: 1 });
  for (const i of [1, 2, 3, 4]) cluster.node(i).join(cluster.node(0));
  for (const i of [6, 7, 8, 9]) cluster.node(i).join(cluster.node(5));
  cluster.run({ seconds: 10 });
  assertEquals(cluster.node(3).status("n7"), undefined);
  assertEquals(cluster.node(3).status("n1"), "alive");
  cluster.node(3).join(cluster.node(8));
  // What gossip misses is mended by the exchange of state that every node starts within 30 s.
  cluster.runUntil(() => cluster.converged(), { seconds: 60 });
});
