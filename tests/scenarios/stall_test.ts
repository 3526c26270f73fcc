import { assert, assertEquals, assertGreater } from "@std/assert";
import { type Cluster, simulate, type SimulateOptions } from "../../lib/sim/mod.ts";
import { scenario } from "./scenario.ts";

/** Whom n0 reported to have failed. None of the others ever fails here. */
function failedInItsEyes(cluster: Cluster): string[] {
  return cluster.node(0).events().flatMap((event) =>
    event.type === "member-failed" ? event.members.map(({ name }) => name) : []
  ).sort();
}

/** Three members hang for a moment, and n0 is stopped just when it suspects them; they refute while it is away. */
function stopWithSuspicions(options: SimulateOptions): Cluster {
  const cluster = simulate(options);
  for (const i of [4, 5, 6]) cluster.node(i).pause();
  cluster.run({ seconds: 5 });
  for (const i of [4, 5, 6]) cluster.node(i).resume();
  cluster.node(0).pause();
  cluster.run({ seconds: 40 });
  cluster.node(0).resume();
  cluster.run({ seconds: 60 });
  assert(cluster.converged());
  return cluster;
}

scenario("a member that was stopped with running suspicions reports no failures", (seed) => {
  assertEquals(failedInItsEyes(stopWithSuspicions({ nodes: 10, seed })), []);
});

scenario("by the reference's rule, who was stopped with running suspicions does", (seed) => {
  const cluster = stopWithSuspicions({ nodes: 10, seed, tune: { stallAware: false } });
  assertGreater(failedInItsEyes(cluster).length, 0);
});

/** How many members n0 accuses in two minutes in which it stands still for two seconds of three. */
function accusationsOfTheSick({ seed, stallAware }: { seed: number; stallAware: boolean }): number {
  let accusations = 0;
  const cluster = simulate({
    nodes: 10,
    seed,
    tune: { stallAware },
    log: ({ node, text }) => {
      if (node === "n0" && text.includes("has failed, no acks received")) accusations++;
    },
  });
  cluster.loss = 0.1;
  for (let i = 0; i < 40; i++) {
    cluster.node(0).pause();
    cluster.run({ seconds: 2 });
    cluster.node(0).resume();
    cluster.run({ seconds: 1 });
  }
  assertEquals(failedInItsEyes(cluster), []);
  return accusations;
}

scenario("a member whose event loop stalls again and again accuses nobody", (seed) => {
  assertEquals(accusationsOfTheSick({ seed, stallAware: true }), 0);
});

scenario("by the reference's rule, whose event loop stalls accuses others", (seed) => {
  assertGreater(accusationsOfTheSick({ seed, stallAware: false }), 0);
});

scenario("who was stopped still finds out who failed meanwhile", (seed) => {
  const cluster = simulate({ nodes: 10, seed });
  cluster.node(0).pause();
  cluster.node(4).kill();
  cluster.run({ seconds: 3 });
  cluster.node(0).resume();
  cluster.runUntil(() => cluster.allSee("n4", "failed"), { seconds: 30 });
  assertEquals(failedInItsEyes(cluster), ["n4"]);
});

scenario("two members, one of which stalls, and it finds out that the other failed", (seed) => {
  const cluster = simulate({ nodes: 2, seed });
  cluster.node(1).kill();
  for (let i = 0; i < 20; i++) {
    cluster.node(0).pause();
    cluster.run({ seconds: 2 });
    cluster.node(0).resume();
    cluster.run({ seconds: 4 });
  }
  assertEquals(failedInItsEyes(cluster), ["n1"]);
});
