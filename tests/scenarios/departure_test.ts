import { assert, assertEquals } from "@std/assert";
import { type Cluster, type SimNode, simulate, type SimulateOptions } from "../../lib/sim/mod.ts";
import { scenario } from "./scenario.ts";

/** A cluster in which the state exchanges that follow a join are over. */
function calmCluster(options: SimulateOptions): Cluster {
  const cluster = simulate(options);
  cluster.run({ seconds: 10 });
  return cluster;
}

/** The types of the member events about a member that a node's user was told, in order. */
function eventsAbout(name: string, viewer: SimNode): string[] {
  return viewer.events().flatMap((event) =>
    "members" in event && event.members.some((member) => member.name === name) ? [event.type] : []
  );
}

scenario("a member that leaves is seen as left everywhere", (seed) => {
  const cluster = calmCluster({ nodes: 10, seed });
  const leave = cluster.node(4).leave();
  cluster.runUntil(() => cluster.allSee("n4", "left"), { seconds: 10 });
  cluster.run({ seconds: 30 });
  assert(leave.done);
  assertEquals(leave.error, undefined);
  assertEquals(cluster.node(4).state, "down");
  for (const node of cluster.running) {
    assertEquals(eventsAbout("n4", node), ["member-join", "member-leave"], node.name);
  }
});

scenario(
  "a member that leaves during state exchanges is not reported as failed",
  (seed) => {
    const cluster = simulate({ nodes: 12, seed });
    cluster.node(4).leave();
    cluster.run({ seconds: 30 });
    for (const node of cluster.running) {
      assertEquals(eventsAbout("n4", node), ["member-join", "member-leave"], node.name);
    }
  },
);

scenario("a member of a slow cluster that leaves is not reported as failed", (seed) => {
  for (const profile of ["lan", "wan"] as const) {
    for (const loss of [0, 0.3]) {
      const cluster = simulate({ nodes: 10, seed, profile, loss, latencyMs: [20, 150] });
      cluster.run({ seconds: 30 });
      cluster.node(4).leave();
      cluster.run({ seconds: 60 });
      for (const node of cluster.running) {
        assert(!eventsAbout("n4", node).includes("member-failed"), `${profile} ${node.name}`);
      }
    }
  }
}, { seeds: [1, 2, 3, 4, 5, 6] });

scenario("the only member of a cluster leaves without waiting for anybody", (seed) => {
  const cluster = calmCluster({ nodes: 1, seed });
  const leave = cluster.node(0).leave();
  cluster.run({ seconds: 3 });
  assert(leave.done);
});

scenario("when most members leave at once, the others agree on it", (seed) => {
  const cluster = calmCluster({ nodes: 12, seed });
  for (let i = 4; i < 12; i++) cluster.node(i).leave();
  cluster.run({ seconds: 60 });
  for (let i = 4; i < 12; i++) assert(cluster.allSee(`n${i}`, "left"), `n${i}`);
  assert(cluster.converged());
});

scenario("a failed member that is force-left is seen as left everywhere", (seed) => {
  const cluster = calmCluster({ nodes: 12, seed });
  cluster.node(3).kill();
  cluster.runUntil(() => cluster.allSee("n3", "failed"), { seconds: 20 });
  const force = cluster.node(0).forceLeave("n3");
  cluster.runUntil(() => cluster.allSee("n3", "left"), { seconds: 10 });
  cluster.run({ seconds: 10 });
  assertEquals([force.done, force.error], [true, undefined]);
  assertEquals(eventsAbout("n3", cluster.node(6)), [
    "member-join",
    "member-failed",
    "member-leave",
  ]);
});

scenario("a failed member that is force-left with prune is forgotten everywhere", (seed) => {
  const cluster = calmCluster({ nodes: 12, seed });
  cluster.node(3).kill();
  cluster.runUntil(() => cluster.allSee("n3", "failed"), { seconds: 20 });
  cluster.node(0).forceLeave("n3", { prune: true });
  cluster.runUntil(() => cluster.allSee("n3", undefined), { seconds: 10 });
  cluster.run({ seconds: 120 });
  assert(cluster.allSee("n3", undefined));
  assertEquals(eventsAbout("n3", cluster.node(6)).at(-1), "member-reap");
});

scenario("a running member refutes a force-leave", (seed) => {
  const cluster = calmCluster({ nodes: 12, seed });
  cluster.node(0).forceLeave("n3");
  cluster.run({ seconds: 20 });
  assert(cluster.converged());
});

scenario("a running member refutes a force-leave with prune", (seed) => {
  const cluster = calmCluster({ nodes: 12, seed });
  cluster.node(0).forceLeave("n3", { prune: true });
  cluster.run({ seconds: 20 });
  assert(cluster.converged());
});

scenario("a refuted force-leave with prune is undone where the refutation comes late", (seed) => {
  const cluster = calmCluster({ nodes: 12, seed });
  cluster.node(0).forceLeave("n3", { prune: true });
  for (const { index } of cluster.nodes) cluster.cut(index, 0, { oneWay: true });
  cluster.runUntil(() => cluster.node(0).status("n3") === undefined, { seconds: 10 });
  cluster.heal();
  cluster.runUntil(() => cluster.converged(), { seconds: 120 });
  assertEquals(eventsAbout("n3", cluster.node(0)).slice(-2), ["member-reap", "member-join"]);
});

scenario("a member that never heard that it was pruned is told, and is a member again", (seed) => {
  const cluster = calmCluster({ nodes: 6, seed });
  for (const { index } of cluster.nodes) cluster.cut(index, 3, { oneWay: true });
  cluster.node(0).forceLeave("n3", { prune: true });
  // It is not deaf for long enough to be taken for failed.
  cluster.run({ seconds: 3 });
  cluster.heal();
  // Gossip may have missed one of the others.
  cluster.runUntil(() => cluster.node(0).status("n3") === undefined, { seconds: 10 });
  cluster.runUntil(() => cluster.converged(), { seconds: 120 });
  assertEquals(eventsAbout("n3", cluster.node(0)).slice(-2), ["member-reap", "member-join"]);
});

scenario("a left member is reaped after the tombstone timeout", (seed) => {
  const cluster = calmCluster({
    nodes: 5,
    seed,
    config: { tombstoneTimeoutMs: 60_000, reapIntervalMs: 5_000 },
  });
  cluster.node(4).leave();
  cluster.run({ seconds: 50 });
  assert(cluster.allSee("n4", "left"));
  cluster.run({ seconds: 30 });
  assert(cluster.allSee("n4", undefined));
  for (const node of cluster.running) {
    assertEquals(eventsAbout("n4", node), ["member-join", "member-leave", "member-reap"]);
  }
});

scenario("a failed member is reaped after the reconnect timeout", (seed) => {
  const cluster = calmCluster({
    nodes: 5,
    seed,
    config: { reconnectTimeoutMs: 60_000, reapIntervalMs: 5_000 },
  });
  cluster.node(4).kill();
  cluster.run({ seconds: 50 });
  assert(cluster.allSee("n4", "failed"));
  cluster.run({ seconds: 60 });
  assert(cluster.allSee("n4", undefined));
});
