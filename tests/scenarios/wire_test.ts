import { assert, assertEquals } from "@std/assert";
import { type Cluster, simulate, type SimulateOptions } from "../../lib/sim/mod.ts";
import { scenario } from "./scenario.ts";

const KEYS = [16, 24, 32].map((length) => new Uint8Array(length).fill(length));

/** A bit of everything: tags, events, queries, a leave, a kill, a restart. */
function exercise(cluster: Cluster): void {
  cluster.answerQueries((node, { payload }) =>
    new Uint8Array([...payload ?? [], ...new TextEncoder().encode(node.name)])
  );
  cluster.node(1).setTags({ role: "web", "Ünïcode": "✓" });
  cluster.node(2).userEvent("deploy", new Uint8Array(300).fill(200));
  const query = cluster.node(3).query("load", "x", { requestAck: true, relayFactor: 2 });
  cluster.run({ seconds: 10 });
  assertEquals([query.acks.size, query.responses.size], [12, 12]);
  cluster.node(4).leave();
  cluster.node(5).kill();
  cluster.run({ seconds: 30 });
  assert(cluster.allSee("n4", "left") && cluster.allSee("n5", "failed"));
  cluster.node(5).restart();
  cluster.runUntil(() => cluster.converged(), { seconds: 30 });
  for (const node of cluster.running) {
    assertEquals(node.member("n1")?.tags, { role: "web", "Ünïcode": "✓" }, node.name);
  }
  assertEquals(cluster.node(6).heard("deploy"), 1);
}

function overBytes(seed: number, options: Partial<SimulateOptions>): void {
  const cluster = simulate({ nodes: 12, seed, countBytes: true, ...options });
  exercise(cluster);
  const { undecodable, largestPacket } = cluster.statistics;
  assertEquals(undecodable, 0);
  // The checksum of 5 bytes is not part of the budget.
  assert(largestPacket <= 1405, `largest packet has ${largestPacket} bytes`);
}

scenario("everything works over real bytes", (seed) => overBytes(seed, { wire: true }));

scenario("everything works over encrypted bytes", (seed) => overBytes(seed, { keys: KEYS }));

scenario("runs over objects and over bytes are equal", (seed) => {
  const [objects, bytes] = [false, true].map((wire) => {
    const cluster = simulate({ nodes: 12, seed, wire });
    exercise(cluster);
    return cluster;
  });
  assertEquals(bytes.digest, objects.digest);
});

scenario(
  "after a key rotation a node with only the old key cannot join",
  (seed) => {
    const [, old, fresh] = KEYS;
    const cluster = simulate({ nodes: 10, seed, keys: [old] });
    const steps = [["install-key", fresh], ["use-key", fresh], ["remove-key", old]] as const;
    for (const [operation, key] of steps) {
      const change = cluster.node(4).keys(operation, key);
      cluster.runUntil(() => change.done, { seconds: 10 });
      assertEquals([change.keys?.responses, change.keys?.error], [10, undefined], operation);
    }
    cluster.node(7).userEvent("secret");
    cluster.run({ seconds: 60 });
    assert(cluster.converged());
    assert(cluster.nodes.every((node) => node.heard("secret") === 1));
    assertEquals(cluster.statistics.undecodable, 0);
    const late = cluster.add();
    const join = late.join(cluster.node(0));
    cluster.run({ seconds: 30 });
    assertEquals([join.done, join.joined], [true, 0]);
    assert(cluster.allSee(late.name, undefined));
  },
);
