import { assertEquals } from "@std/assert";
import { addressOf } from "../../lib/sim/address_plan.ts";
import {
  type Cause,
  type Cluster,
  type ClusterExplanation,
  type SimNode,
  simulate,
} from "../../lib/sim/mod.ts";
import { scenario } from "./scenario.ts";

/** Where nobody listens. */
const NOWHERE = addressOf(9_999);

/** Seven members, of which `n3` is the one in trouble, in good health for 20 s. */
function healthyCluster(seed: number): Cluster {
  const cluster = simulate({ nodes: 7, seed });
  cluster.run({ seconds: 20 });
  return cluster;
}

/** What the members with these indices say is the cause of the state of a member. */
function causes(
  cluster: Cluster,
  node: string,
  observers: readonly number[],
): (Cause | undefined)[] {
  return observers.map((i) => cluster.node(i).why(node)?.conclusion.cause);
}

const OTHERS = [0, 1, 2, 4, 5, 6];

/** What a member is told when it asks all others about one. */
function askAll(cluster: Cluster, node: string, { asker = 0 } = {}): ClusterExplanation {
  const asking = cluster.node(asker).whyAll(node);
  cluster.runUntil(() => asking.done, { seconds: 10 });
  return asking.explanation!;
}

/** Holds if all other members that have not only been told see the same cause. */
function assertSeen(cluster: Cluster, cause: Cause): void {
  const seen = causes(cluster, "n3", OTHERS).filter((seen) => seen !== "reported");
  assertEquals(new Set(seen), new Set<Cause | undefined>([cause]));
}

scenario("why: a process that was killed has ended", (seed) => {
  const cluster = healthyCluster(seed);
  cluster.node(3).kill();
  cluster.runUntil(() => cluster.allSee("n3", "failed"), { seconds: 60 });
  assertSeen(cluster, "process-ended");
  const { cluster: { cause }, missing, views } = askAll(cluster, "n3");
  assertEquals([cause, missing, views.length], ["process-ended", [], 6]);
});

scenario("why: a process that is stopped stands still, and knows it afterwards", (seed) => {
  const cluster = healthyCluster(seed);
  cluster.node(3).pause();
  cluster.runUntil(() => cluster.allSee("n3", "failed"), { seconds: 60 });
  cluster.run({ seconds: 2 });
  assertSeen(cluster, "process-frozen");
  cluster.node(3).resume();
  cluster.runUntil(() => cluster.allSee("n3", "alive"), { seconds: 60 });
  assertEquals(causes(cluster, "n3", [3]), ["self-stalled"]);
  assertEquals(askAll(cluster, "n3").cluster.cause, "self-stalled");
  assertSeen(cluster, "process-frozen");
});

scenario("why: a host that is cut off cannot be reached, and reaches nobody", (seed) => {
  const cluster = healthyCluster(seed);
  for (const i of OTHERS) cluster.cut(i, 3);
  cluster.runUntil(() => cluster.allSee("n3", "failed"), { seconds: 60 });
  cluster.run({ seconds: 30 });
  assertSeen(cluster, "host-unreachable");
  assertEquals(askAll(cluster, "n3").cluster.cause, "host-unreachable");
  assertEquals(causes(cluster, "n3", [3]), ["self-cut-off"]);
  assertEquals(causes(cluster, "n0", [3]), ["observer-cut-off"]);
});

/** What is done to `n3`, or to the ways between it and others, and what that is the cause of. */
const TROUBLES: readonly [trouble: (cluster: Cluster) => void, cause: Cause][] = [
  [(cluster) => cluster.node(3).kill(), "process-ended"],
  [(cluster) => cluster.node(3).pause(), "process-frozen"],
  [(cluster) => cluster.nodes.forEach(({ index }) => cluster.cut(index, 3)), "host-unreachable"],
];

scenario("why: who was only told of a failure finds its cause by trying to reconnect", (seed) => {
  for (const [trouble, cause] of TROUBLES) {
    const cluster = simulate({ nodes: 30, seed });
    cluster.run({ seconds: 20 });
    trouble(cluster);
    const others = cluster.nodes.filter(({ index }) => index !== 3);
    cluster.runUntil(() => others.every((node) => node.status("n3") === "failed"), { seconds: 60 });
    // Probes may be under way.
    cluster.run({ seconds: 10 });
    const causeAt = (node: SimNode) => node.why("n3")?.conclusion.cause;
    const told = others.filter((node) => causeAt(node) === "reported");
    const found = () => told.find((node) => causeAt(node) !== "reported");
    cluster.runUntil(() => found() !== undefined, { seconds: 3_600 });
    const { conclusion, entries } = found()!.why("n3")!;
    assertEquals([conclusion.cause, entries.at(-1)?.what.type], [cause, "reconnect"]);
  }
});

scenario("why: packets of one that get through to the other, but not back", (seed) => {
  const cluster = healthyCluster(seed);
  cluster.cut(0, 3, { oneWay: true });
  cluster.run({ seconds: 90 });
  assertEquals(causes(cluster, "n3", [0, 1, 2]), ["one-way-loss", "healthy", "healthy"]);
  assertEquals(causes(cluster, "n0", [3]), ["link"]);
  const { cluster: { cause, findings }, missing } = askAll(cluster, "n3");
  assertEquals([cause, missing], ["one-way-loss", []]);
  assertEquals(findings.filter((line) => /n0|n3/.test(line)), [
    "reach it only by way of others: n0",
    "get no answers, but hear its pings: n0",
    "n3 itself answered: it runs",
    "n3 itself gets no answers from n0",
  ]);
  assertEquals(askAll(cluster, "n3", { asker: 5 }).cluster.cause, "one-way-loss");
});

scenario("why: UDP is blocked, and TCP works", (seed) => {
  const cluster = healthyCluster(seed);
  for (const i of OTHERS) cluster.cut(i, 3, { datagrams: true });
  // It fails and comes back, and each of the others must have probed it once while it was back.
  cluster.run({ seconds: 120 });
  assertEquals(causes(cluster, "n3", [0, 1]), ["udp-blocked", "udp-blocked"]);
  assertEquals(causes(cluster, "n3", [3]), ["self-without-udp"]);
  const { cluster: { cause, findings } } = askAll(cluster, "n3");
  assertEquals(cause, "udp-blocked");
  assertEquals(findings[0], "reach it by TCP only: n0, n1, n2, n4, n5 and n6");
});

scenario("why: an observer that stands still again and again does not blame others", (seed) => {
  const cluster = healthyCluster(seed);
  for (let i = 0; i < 20; i++) {
    cluster.node(0).pause();
    cluster.run({ ms: 1500 });
    cluster.node(0).resume();
    cluster.run({ ms: 1000 });
  }
  assertEquals(causes(cluster, "n3", [0]), ["observer-stalled"]);
  assertEquals(causes(cluster, "n0", [0]), ["self-stalled"]);
  assertEquals(askAll(cluster, "n3").cluster.cause, "observer-stalled");
  assertEquals(askAll(cluster, "n0", { asker: 1 }).cluster.cause, "self-stalled");
});

scenario("why: a member that advertises an address where nobody listens", (seed) => {
  const node = (index: number) => index === 3 ? { advertise: NOWHERE } : {};
  const cluster = simulate({ nodes: 7, seed, settle: false, node });
  cluster.run({ seconds: 60 });
  assertSeen(cluster, "wrong-address");
  assertEquals(causes(cluster, "n3", [3]), ["self-without-udp"]);
  assertEquals(askAll(cluster, "n3").cluster.cause, "wrong-address");
});

scenario("why: two agents of one name", (seed) => {
  const cluster = healthyCluster(seed);
  const twin = cluster.add({ name: "n3" });
  twin.join(cluster.node(0));
  cluster.run({ seconds: 30 });
  assertEquals(causes(cluster, "n3", [0]), ["name-conflict"]);
  assertEquals(askAll(cluster, "n3", { asker: 1 }).cluster.cause, "name-conflict");
});

scenario("why: a member that left, and one that was forced to", (seed) => {
  const cluster = healthyCluster(seed);
  cluster.node(3).leave();
  cluster.node(4).kill();
  cluster.runUntil(
    () => cluster.allSee("n3", "left") && cluster.node(0).status("n4") === "failed",
    {
      seconds: 60,
    },
  );
  cluster.node(0).forceLeave("n4");
  cluster.runUntil(() => cluster.node(0).status("n4") === "left", { seconds: 10 });
  assertEquals(causes(cluster, "n3", [0, 1]), ["left", "left"]);
  assertEquals(askAll(cluster, "n3").cluster.cause, "left");
  assertEquals(askAll(cluster, "n5").cluster, {
    cause: "healthy",
    text: "There is nothing wrong.",
    findings: ["reach it: n0, n1, n2 and n6", "n5 itself answered: it runs"],
  });
  const text = cluster.node(0).why("n4")?.conclusion.text ?? "";
  assertEquals(/^failed at [\d.]+ s, then left by a force-leave/.test(text), true, text);
});

scenario("why: nothing is known of a name that was never heard of", (seed) => {
  assertEquals(healthyCluster(seed).node(0).why("n33"), undefined);
});
