import { assert, assertEquals } from "@std/assert";
import { type Cluster, simulate } from "../../lib/sim/mod.ts";
import { scenario } from "./scenario.ts";

/** Failed members are reaped after a minute, those that left after two. */
const FORGETFUL = {
  reconnectTimeoutMs: 60_000,
  tombstoneTimeoutMs: 120_000,
  reapIntervalMs: 5_000,
} as const;

/** Whether each half of a cluster of six knows nothing of the other. */
function areStrangers(cluster: Cluster): boolean {
  return cluster.nodes.every((node) => node.members().length === 3);
}

scenario("the halves of a partition that have reaped each other find each other again", (seed) => {
  const cluster = simulate({ nodes: 6, seed, config: FORGETFUL });
  cluster.run({ seconds: 10 });
  cluster.partition([0, 1, 2]);
  cluster.runUntil(() => areStrangers(cluster), { seconds: 300 });
  cluster.run({ seconds: 600 });
  cluster.heal();
  cluster.runUntil(() => cluster.converged(), { seconds: 3_600 });
});

scenario("halves find each other again after a partition of 30 hours", (seed) => {
  const cluster = simulate({ nodes: 6, seed, join: "chain" });
  cluster.run({ seconds: 10 });
  cluster.partition([0, 2, 4]);
  // Failed members are reaped after 24 hours.
  cluster.run({ seconds: 30 * 3_600 });
  assert(areStrangers(cluster));
  cluster.heal();
  cluster.runUntil(() => cluster.converged(), { seconds: 3_600 });
}, { seeds: [1] });

scenario("nodes that all restart before their network works find each other again", (seed) => {
  const cluster = simulate({ nodes: 6, seed, snapshots: true });
  cluster.run({ seconds: 10 });
  cluster.partition([0], [1], [2], [3], [4], [5]);
  for (const node of cluster.nodes) node.restart();
  cluster.run({ seconds: 120 });
  assert(cluster.nodes.every((node) => node.members().length === 1));
  cluster.heal();
  cluster.runUntil(() => cluster.converged(), { seconds: 600 });
});

scenario("halves that all restart during a partition find each other again", (seed) => {
  const cluster = simulate({ nodes: 6, seed, snapshots: true });
  cluster.run({ seconds: 10 });
  cluster.partition([0, 1, 2]);
  const hasSplit = () => cluster.node(0).status("n5") === "failed";
  cluster.runUntil(hasSplit, { seconds: 60 });
  cluster.run({ seconds: 60 });
  // Twice, because the second time nobody has seen the other half.
  for (const _ of [1, 2]) {
    for (const node of cluster.nodes) node.restart();
    cluster.run({ seconds: 60 });
  }
  assert(areStrangers(cluster));
  cluster.heal();
  cluster.runUntil(() => cluster.converged(), { seconds: 3_600 });
});

scenario("a node that was joined by its address is found again after it was reaped", (seed) => {
  const cluster = simulate({ nodes: 2, seed, config: FORGETFUL });
  cluster.run({ seconds: 10 });
  cluster.node(0).kill();
  cluster.runUntil(() => cluster.node(1).members().length === 1, { seconds: 300 });
  cluster.node(0).restart({ join: false });
  cluster.runUntil(() => cluster.converged(), { seconds: 600 });
});

scenario("a member that one of many remembers is found, whoever is gone for good", (seed) => {
  const config = { ...FORGETFUL, reconnectIntervalMs: 1_000 };
  const cluster = simulate({ nodes: 25, seed, config });
  cluster.run({ seconds: 10 });
  const [first, lost, ...others] = cluster.nodes;
  const gone = others.slice(0, 5);
  const stayed = others.slice(5);
  for (const node of [lost, ...gone]) node.kill();
  cluster.runUntil(() => first.members().length === 1 + stayed.length, { seconds: 300 });
  // They forget what they knew.
  for (const node of stayed) node.restart();
  lost.restart({ join: false });
  // Of the intervals of 32 s on average, one in four is used, and six addresses take turns.
  cluster.runUntil(() => cluster.converged(), { seconds: 24 * 4 * 32 });
});

/** Lets n0 leave or be removed, forgotten, and started again alone; fails if anybody contacts it within two hours. */
function assertIsLeftAlone(cluster: Cluster, remove: () => void): void {
  cluster.run({ seconds: 10 });
  remove();
  const others = cluster.nodes.slice(1);
  const isForgotten = () => others.every((node) => node.status("n0") === undefined);
  cluster.runUntil(isForgotten, { seconds: 600 });
  cluster.node(0).restart({ join: false });
  cluster.run({ seconds: 2 * 3_600 });
  assertEquals(cluster.node(0).members().length, 1);
  assert(isForgotten());
}

scenario("a node that left on purpose is not contacted again", (seed) => {
  const cluster = simulate({ nodes: 4, seed, config: FORGETFUL });
  assertIsLeftAlone(cluster, () => cluster.node(0).leave());
});

for (const prune of [false, true]) {
  const how = prune ? "force-left with prune" : "force-left";
  scenario(`a failed node that was ${how} is not contacted again`, (seed) => {
    const cluster = simulate({ nodes: 4, seed, config: FORGETFUL });
    assertIsLeftAlone(cluster, () => {
      cluster.node(0).kill();
      cluster.runUntil(() => cluster.allSee("n0", "failed"), { seconds: 30 });
      cluster.node(2).forceLeave("n0", { prune });
    });
  });
}

scenario("a node that left while another was down is not contacted by that one", (seed) => {
  const cluster = simulate({ nodes: 4, seed, snapshots: true, config: FORGETFUL });
  cluster.run({ seconds: 10 });
  cluster.node(3).kill();
  assertIsLeftAlone(cluster, () => {
    cluster.node(0).leave();
    cluster.run({ seconds: 10 });
    cluster.node(3).restart();
    cluster.run({ seconds: 10 });
  });
});

scenario("a cluster at the address of a reaped member is not joined to ours", (seed) => {
  const cluster = simulate({ nodes: 4, seed, join: "chain", config: FORGETFUL });
  const [, , lost, last] = cluster.nodes;
  cluster.run({ seconds: 10 });
  lost.kill();
  const isForgotten = () => [0, 1, 3].every((i) => cluster.node(i).status("n2") === undefined);
  // The last node has joined by way of the lost one, and would do so again.
  last.restart();
  cluster.runUntil(isForgotten, { seconds: 300 });
  const stranger = cluster.add({ name: "stranger", start: false });
  stranger.start(lost.address);
  cluster.run({ seconds: 2 * 3_600 });
  assertEquals(stranger.members().length, 1);
  assertEquals(cluster.node(0).members().length, 3);
});

scenario("members that are alive are not contacted for healing", (seed) => {
  const cluster = simulate({ nodes: 6, seed, join: "chain", snapshots: true });
  cluster.run({ seconds: 10 });
  cluster.node(3).restart();
  cluster.run({ seconds: 600 });
  const before = cluster.statistics.exchanges;
  cluster.run({ seconds: 3_000 });
  // Each node exchanges its state every 30 s.
  assertEquals(cluster.statistics.exchanges - before, 6 * 3_000 / 30);
});
