import { assert, assertEquals } from "@std/assert";
import { type Cluster, simulate } from "../../lib/sim/mod.ts";
import { scenario } from "./scenario.ts";

/** Who was ever reported to have failed, each name once. */
function reportedFailed(cluster: Cluster): string[] {
  const names = cluster.events().flatMap(({ event }) =>
    event.type === "member-failed" ? event.members.map(({ name }) => name) : []
  );
  return [...new Set(names)].sort();
}

scenario("a killed member is declared failed everywhere", (seed) => {
  const cluster = simulate({ nodes: 10, seed });
  cluster.node(3).kill();
  cluster.runUntil(() => cluster.allSee("n3", "failed"), { seconds: 20 });
  assertEquals(reportedFailed(cluster), ["n3"]);
});

scenario("members that are killed together are all declared failed", (seed) => {
  const cluster = simulate({ nodes: 20, seed });
  const killed = ["n5", "n6", "n7", "n8"];
  for (const i of [5, 6, 7, 8]) cluster.node(i).kill();
  cluster.runUntil(() => killed.every((name) => cluster.allSee(name, "failed")), { seconds: 60 });
  assertEquals(reportedFailed(cluster), killed);
});

scenario("a paused member is declared failed everywhere, and comes back", (seed) => {
  const cluster = simulate({ nodes: 5, seed, loss: 0.01 });
  cluster.node(3).pause();
  cluster.run({ seconds: 30 });
  for (const i of [0, 1, 2, 4]) assertEquals(cluster.node(i).status("n3"), "failed");
  cluster.node(3).resume();
  cluster.runUntil(() => cluster.converged(), { seconds: 90 });
  assertEquals(reportedFailed(cluster), ["n3"]);
});

scenario("a member that hangs for some seconds refutes the suspicion", (seed) => {
  let refutations = 0;
  const cluster = simulate({
    nodes: 10,
    seed,
    log: ({ text }) => {
      if (text.includes("Refuting a suspect message")) refutations++;
    },
  });
  cluster.node(3).pause();
  cluster.run({ seconds: 4.5 });
  cluster.node(3).resume();
  cluster.run({ seconds: 60 });
  assert(refutations > 0);
  assertEquals(reportedFailed(cluster), []);
  assert(cluster.converged());
});

for (const [nodes, loss] of [[15, 0.2], [50, 0.2], [15, 0.3]]) {
  scenario(`${loss * 100} % loss causes no false failure among ${nodes} nodes`, (seed) => {
    const cluster = simulate({ nodes, seed });
    cluster.loss = loss;
    cluster.run({ seconds: 120 });
    assertEquals(reportedFailed(cluster), []);
    assert(cluster.converged());
  });
}

scenario("a link that is cut in one direction causes no false failure", (seed) => {
  const cluster = simulate({ nodes: 8, seed });
  cluster.cut(0, 1, { oneWay: true });
  cluster.cut(5, 6);
  cluster.run({ seconds: 120 });
  assertEquals(reportedFailed(cluster), []);
});

scenario("an overloaded member is not declared failed, and declares nobody failed", (seed) => {
  const cluster = simulate({ nodes: 10, seed });
  cluster.node(4).slowDown(700);
  cluster.run({ seconds: 120 });
  assertEquals(reportedFailed(cluster), []);
});

scenario(
  "a member that was cut off declares all others failed, and the views converge after the heal",
  (seed) => {
    const cluster = simulate({ nodes: 6, seed });
    cluster.partition([2]);
    // Its health score slows the probes of the lonely one down, and nobody confirms its suspicions.
    cluster.run({ seconds: 120 });
    assertEquals(cluster.node(0).status("n2"), "failed");
    assertEquals(cluster.node(2).status("n0"), "failed");
    cluster.heal();
    cluster.runUntil(() => cluster.converged(), { seconds: 120 });
  },
);

scenario(
  "both sides of a partition declare each other failed, and converge after the heal",
  (seed) => {
    const cluster = simulate({ nodes: 9, seed });
    cluster.partition([0, 1, 2, 3]);
    cluster.run({ seconds: 90 });
    assertEquals(cluster.node(1).status("n5"), "failed");
    assertEquals(cluster.node(5).status("n1"), "failed");
    assertEquals(cluster.node(1).status("n2"), "alive");
    assertEquals(cluster.node(5).status("n6"), "alive");
    cluster.heal();
    cluster.runUntil(() => cluster.converged(), { seconds: 300 });
  },
);
