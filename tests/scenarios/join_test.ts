import { assert, assertEquals } from "@std/assert";
import { type Cluster, type SimNode, simulate, type SimulateOptions } from "../../lib/sim/mod.ts";
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

scenario("a cluster forms under 30 % loss, if a join that fails is tried again", (seed) => {
  const cluster = simulate({ nodes: 20, seed, loss: 0.3, join: "none" });
  cluster.run({ seconds: 1 });
  const [first, ...others] = cluster.nodes;
  // A connection may take longer to be made than anybody waits: one join in 600 fails.
  const joinAll = (nodes: readonly SimNode[]) => {
    const joins = nodes.map((node) => node.join(first));
    cluster.runUntil(() => joins.every((join) => join.done), { seconds: 30 });
    return nodes.filter((_, i) => joins[i].error !== undefined);
  };
  assertEquals(joinAll(joinAll(others)), []);
  cluster.runUntil(() => cluster.converged(), { seconds: 60 });
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

/** Two clusters of which each has formed. The second one begins with the node of that index. */
function twoClusters(options: SimulateOptions, second: number): Cluster {
  const cluster = simulate({ ...options, join: "none" });
  cluster.run({ seconds: 1 });
  for (const { index } of cluster.nodes) {
    const first = index < second ? 0 : second;
    if (index !== first) cluster.node(index).join(cluster.node(first));
  }
  cluster.run({ seconds: 15 });
  assertEquals(cluster.node(0).members().length, second);
  return cluster;
}

scenario("a large cluster and a small one merge by one join", (seed) => {
  const cluster = twoClusters({ nodes: 143, seed }, 3);
  cluster.node(1).join(cluster.node(4));
  cluster.runUntil(() => cluster.converged(), { seconds: 120 });
});

scenario("a node that joins two clusters one after the other brings them together", (seed) => {
  const cluster = twoClusters({ nodes: 160, seed }, 20);
  const between = cluster.add();
  between.join(cluster.node(1));
  cluster.run({ seconds: 1 });
  between.join(cluster.node(21));
  // Some nodes miss the gossip of some others, which is mended by exchanges of state, every 120 s at this size.
  cluster.runUntil(() => cluster.converged(), { seconds: 300 });
});

scenario("nodes that restart in a large cluster do not repeat what all know", (seed) => {
  const cluster = simulate({ nodes: 200, seed, join: "formed", countBytes: true });
  const { statistics } = cluster;
  cluster.run({ seconds: 20 });
  const atRest = statistics.bytes;
  for (const [i, node] of cluster.nodes.slice(0, 10).entries()) {
    cluster.after({ seconds: i }, () => {
      node.restart({ join: false });
      node.join(cluster.node(100 + i));
    });
  }
  cluster.run({ seconds: 20 });
  assert(cluster.converged());
  // To tell all others of itself takes a node 200 bytes for each; with what it was told they would be 960.
  const bytes = (statistics.bytes - 2 * atRest) / 10 / 200;
  assert(bytes < 300, `${bytes} bytes for each restart and member`);
});
