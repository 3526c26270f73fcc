import { assertEquals, assertNotEquals } from "@std/assert";
import { type Cluster, simulate } from "../../lib/sim/mod.ts";

function troubledCluster(seed: number): Cluster {
  const cluster = simulate({ nodes: 12, seed, loss: 0.1, duplicate: 0.05, reorder: 0.05 });
  cluster.node(3).pause();
  cluster.node(4).userEvent("deploy");
  cluster.run({ seconds: 20 });
  cluster.node(3).resume();
  cluster.partition([0, 1, 2, 3]);
  cluster.run({ seconds: 20 });
  cluster.heal();
  cluster.node(5).restart({ address: "new" });
  cluster.run({ seconds: 20 });
  return cluster;
}

Deno.test("a run is repeated exactly from its seed", () => {
  const [first, second] = [troubledCluster(7), troubledCluster(7)];
  assertEquals(first.digest, second.digest);
  assertEquals(first.statistics, second.statistics);
  const told = (cluster: Cluster) =>
    cluster.events().map(({ node, event }) => `${node.name} ${event.type}`);
  assertEquals(told(first), told(second));
});

Deno.test("another seed gives another run", () => {
  assertNotEquals(troubledCluster(7).digest, troubledCluster(8).digest);
});
