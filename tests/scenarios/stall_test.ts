import { assert, assertEquals, assertGreater } from "@std/assert";
import { type Cluster, simulate, type SimulateOptions } from "../../lib/sim/mod.ts";
import { scenario } from "./scenario.ts";

/** Members that n0 reported as failed. */
function failedInViewOfN0(cluster: Cluster): string[] {
  return cluster.node(0).events().flatMap((event) =>
    event.type === "member-failed" ? event.members.map(({ name }) => name) : []
  ).sort();
}

/** Three members hang for some seconds, and n0 is stopped while it suspects them; they refute while it is stopped. */
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

scenario("a member that was stopped while it suspected others reports no false failure", (seed) => {
  assertEquals(failedInViewOfN0(stopWithSuspicions({ nodes: 10, seed })), []);
});

scenario("without stall awareness, as in memberlist, it reports false failures", (seed) => {
  const cluster = stopWithSuspicions({ nodes: 10, seed, tune: { stallAware: false } });
  assertGreater(failedInViewOfN0(cluster).length, 0);
});

/** How often n0 suspects a member in two minutes in which it is stopped for two of every three seconds. */
function suspicionsOfStallingNode(
  { seed, stallAware }: { seed: number; stallAware: boolean },
): number {
  let suspicions = 0;
  const cluster = simulate({
    nodes: 10,
    seed,
    tune: { stallAware },
    log: ({ node, text }) => {
      if (node === "n0" && text.includes("has failed, no acks received")) suspicions++;
    },
  });
  cluster.loss = 0.1;
  for (let i = 0; i < 40; i++) {
    cluster.node(0).pause();
    cluster.run({ seconds: 2 });
    cluster.node(0).resume();
    cluster.run({ seconds: 1 });
  }
  assertEquals(failedInViewOfN0(cluster), []);
  return suspicions;
}

scenario("a member whose event loop stalls repeatedly suspects nobody", (seed) => {
  assertEquals(suspicionsOfStallingNode({ seed, stallAware: true }), 0);
});

scenario("without stall awareness, as in memberlist, it suspects others", (seed) => {
  assertGreater(suspicionsOfStallingNode({ seed, stallAware: false }), 0);
});

scenario("a member that was stopped detects a failure that happened meanwhile", (seed) => {
  const cluster = simulate({ nodes: 10, seed });
  cluster.node(0).pause();
  cluster.node(4).kill();
  cluster.run({ seconds: 3 });
  cluster.node(0).resume();
  cluster.runUntil(() => cluster.allSee("n4", "failed"), { seconds: 30 });
  assertEquals(failedInViewOfN0(cluster), ["n4"]);
});

scenario("of two members, one that stalls repeatedly detects that the other failed", (seed) => {
  const cluster = simulate({ nodes: 2, seed });
  cluster.node(1).kill();
  for (let i = 0; i < 20; i++) {
    cluster.node(0).pause();
    cluster.run({ seconds: 2 });
    cluster.node(0).resume();
    cluster.run({ seconds: 4 });
  }
  assertEquals(failedInViewOfN0(cluster), ["n1"]);
});
