import { assert, assertEquals } from "@std/assert";
import { simulate } from "../../lib/sim/mod.ts";
import { scenario } from "./scenario.ts";

scenario("a member that is restarted at once under its name is alive again", (seed) => {
  const cluster = simulate({ nodes: 8, seed });
  cluster.node(3).restart();
  cluster.run({ seconds: 60 });
  assert(cluster.converged());
});

scenario("a member that is restarted after it was declared failed is alive again", (seed) => {
  const cluster = simulate({ nodes: 8, seed });
  cluster.node(3).kill();
  cluster.runUntil(() => cluster.allSee("n3", "failed"), { seconds: 20 });
  cluster.node(3).restart();
  // Whom gossip has missed learns of it from its next state exchange: there is one in 30 s.
  cluster.runUntil(() => cluster.converged(), { seconds: 35 });
});

scenario("a member that was restarted many times is alive again", (seed) => {
  const cluster = simulate({ nodes: 6, seed });
  for (let i = 0; i < 5; i++) {
    cluster.node(3).restart();
    cluster.run({ seconds: 2 * i });
  }
  cluster.runUntil(() => cluster.converged(), { seconds: 60 });
  cluster.run({ seconds: 60 });
  assert(cluster.converged());
});

scenario("a left member may come back at another address at once", (seed) => {
  const cluster = simulate({ nodes: 6, seed });
  const leave = cluster.node(3).leave();
  cluster.runUntil(() => leave.done && cluster.allSee("n3", "left"), { seconds: 20 });
  cluster.node(3).restart({ address: "new" });
  cluster.runUntil(() => cluster.converged(), { seconds: 20 });
  assertEquals(cluster.node(0).member("n3")?.address.text, cluster.node(3).address.text);
});

scenario("a failed member may come back at another address once it was forgotten", (seed) => {
  const cluster = simulate({ nodes: 6, seed });
  cluster.node(3).kill();
  // The membership layer remembers the dead for 30 s and up to one round of probes more.
  cluster.run({ seconds: 75 });
  cluster.node(3).restart({ address: "new" });
  cluster.runUntil(() => cluster.converged(), { seconds: 20 });
  assertEquals(cluster.node(0).member("n3")?.address.text, cluster.node(3).address.text);
});

scenario(
  "a member that restarts elsewhere while its old address counts as alive loses the name conflict",
  (seed) => {
    const cluster = simulate({ nodes: 6, seed });
    cluster.node(3).restart({ address: "new" });
    cluster.runUntil(() => cluster.node(3).state === "down", { seconds: 30 });
    assert(cluster.node(3).stopReason !== undefined);
  },
);

scenario("of two nodes with one name the second loses the vote, and the first stays", (seed) => {
  const cluster = simulate({ nodes: 6, seed });
  const rival = cluster.add({ name: "n2" });
  rival.join(cluster.node(0));
  cluster.runUntil(() => rival.state === "down", { seconds: 30 });
  cluster.run({ seconds: 30 });
  assertEquals(cluster.node(2).state, "running");
  assert(cluster.converged());
});

scenario("a failed member that restarts without joining is found by reconnects", (seed) => {
  const cluster = simulate({ nodes: 6, seed });
  cluster.node(3).kill();
  cluster.runUntil(() => cluster.allSee("n3", "failed"), { seconds: 20 });
  cluster.run({ seconds: 60 });
  cluster.node(3).restart({ join: false });
  cluster.runUntil(() => cluster.converged(), { seconds: 300 });
});

scenario("a member that is restarted with a snapshot rejoins by itself", (seed) => {
  const cluster = simulate({ nodes: 6, seed, snapshots: true });
  cluster.node(0).userEvent("before");
  cluster.run({ seconds: 5 });
  cluster.node(3).restart();
  cluster.runUntil(() => cluster.converged(), { seconds: 20 });
  cluster.node(0).userEvent("after");
  cluster.run({ seconds: 60 });
  assertEquals([cluster.node(3).heard("before"), cluster.node(3).heard("after")], [1, 1]);
});

scenario("a cluster whose members are all restarted one by one stays together", (seed) => {
  const cluster = simulate({ nodes: 5, seed });
  for (const node of cluster.nodes) {
    node.restart();
    cluster.run({ seconds: 5 });
  }
  cluster.runUntil(() => cluster.converged(), { seconds: 60 });
});
