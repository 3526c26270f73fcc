import { assert } from "@std/assert";
import { type Cluster, type SimNode, simulate } from "../../lib/sim/mod.ts";
import { Random } from "../../lib/sim/random.ts";
import { scenario } from "./scenario.ts";

/** Makes or ends one random fault of a node or the network. */
function disturb(cluster: Cluster, node: SimNode, random: Random): void {
  if (node.state === "down") return node.restart();
  if (node.state === "paused") return random.chance(0.5) ? node.resume() : node.kill();
  const disturbances = [
    () => node.pause(),
    () => node.kill(),
    () => node.restart(),
    () => void node.leave(),
    () => node.slowDown(random.between(0, 300)),
    () => void node.setTags({ version: String(random.below(100)) }),
    () => node.userEvent("note", String(random.next())),
    () => void node.query("check", null, { requestAck: true, relayFactor: 2 }),
    () => cluster.partition([random.below(12), random.below(12), random.below(12)]),
    () => cluster.cut(node.index, random.below(12), { oneWay: true }),
    () => cluster.heal(),
    () => void (cluster.loss = random.between(0, 0.3)),
  ];
  disturbances[random.below(disturbances.length)]();
}

/** Ends all faults, and restarts nodes that are down or know of nobody who is there. */
function comeToRest(cluster: Cluster): void {
  cluster.heal();
  cluster.loss = 0;
  for (const node of cluster.nodes) {
    node.slowDown(0);
    if (node.state === "paused") node.resume();
  }
  // Nodes that were leaving have ended by then.
  cluster.run({ seconds: 30 });
  for (const node of cluster.nodes) {
    // It was restarted while nobody could be reached, or joined by way of one that has left.
    const isLost = () =>
      node.members().every(({ name, status }) => name === node.name || status === "left");
    if (node.state === "down" || isLost()) node.restart();
  }
}

scenario(
  "after five minutes of random faults the views converge, and no invariant was violated",
  (seed) => {
    const random = new Random(seed).fork("chaos");
    const cluster = simulate({ nodes: 12, seed, duplicate: 0.05, reorder: 0.05 });
    cluster.answerQueries((_, { payload }) => payload ?? new Uint8Array());
    for (let i = 0; i < 150; i++) {
      disturb(cluster, cluster.node(random.below(12)), random);
      cluster.run({ seconds: random.between(0, 4) });
    }
    comeToRest(cluster);
    cluster.runUntil(() => cluster.converged(), { seconds: 600 });
    cluster.run({ seconds: 60 });
    assert(cluster.converged());
    for (const member of cluster.nodes) {
      const tags = cluster.nodes.map((viewer) => viewer.member(member.name)?.tags.version);
      assert(new Set(tags).size === 1, `tags of ${member.name}: ${tags}`);
    }
  },
  { seeds: [1, 2, 3, 4, 5] },
);
