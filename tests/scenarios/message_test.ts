import { assert, assertEquals } from "@std/assert";
import { type Cluster, simulate } from "../../lib/sim/mod.ts";
import { scenario } from "./scenario.ts";

const text = (payload: Uint8Array | null | undefined) =>
  new TextDecoder().decode(payload ?? undefined);

scenario("new tags reach every member", (seed) => {
  const cluster = simulate({ nodes: 15, seed, loss: 0.05 });
  const change = cluster.node(2).setTags({ role: "db", dc: "east" });
  const known = () => cluster.nodes.every((node) => node.member("n2")?.tags.role === "db");
  cluster.runUntil(known, { seconds: 40 });
  cluster.run({ seconds: 10 });
  assertEquals([change.done, change.error], [true, undefined]);
  assertEquals(cluster.node(9).member("n2")?.tags, { role: "db", dc: "east" });
});

/** Sends 40 user events from all nodes, and waits until everybody got all of them. */
function spreadEvents(cluster: Cluster): void {
  const names = Array.from({ length: 40 }, (_, i) => `event-${i}`);
  for (const [i, name] of names.entries()) {
    cluster.after(
      { ms: i * 50 },
      () => cluster.node(i % cluster.nodes.length).userEvent(name, name),
    );
  }
  cluster.run({ seconds: 2 });
  const arrived = () => cluster.nodes.every((node) => names.every((name) => node.heard(name) > 0));
  cluster.runUntil(arrived, { seconds: 180 });
  cluster.run({ seconds: 60 });
  for (const node of cluster.nodes) {
    for (const name of names) assertEquals(node.heard(name), 1, `${name} at ${node.name}`);
  }
}

for (const loss of [0, 0.1, 0.3]) {
  const share = `${loss * 100} %`;
  scenario(`user events reach every member once under ${share} loss`, (seed) => {
    const cluster = simulate({ nodes: 20, seed, duplicate: 0.1, reorder: 0.1 });
    cluster.loss = loss;
    spreadEvents(cluster);
  });
}

scenario("an event spreads at once while a cluster still tells who has joined", (seed) => {
  const cluster = simulate({ nodes: 30, seed, joinWithinMs: 900 });
  cluster.run({ ms: 200 });
  cluster.node(0).userEvent("soon");
  const share = () => cluster.nodes.filter((node) => node.heard("soon") > 0).length / 30;
  cluster.runUntil(() => share() >= 0.9, { ms: 100 });
});

scenario("a burst of user events reaches every member once", (seed) => {
  const cluster = simulate({ nodes: 10, seed });
  for (let i = 0; i < 300; i++) cluster.node(0).userEvent("burst", `${i}`);
  cluster.runUntil(() => cluster.nodes.every((node) => node.heard("burst") === 300), {
    seconds: 60,
  });
});

/** How often each node heard an event of a burst of 100 before an earlier one. */
function inversions(cluster: Cluster): number[] {
  for (let i = 0; i < 100; i++) cluster.node(0).userEvent(`${i}`);
  cluster.run({ seconds: 10 });
  return cluster.nodes.map((node) => {
    const heard = node.events().flatMap((event) => event.type === "user" ? [+event.name] : []);
    assertEquals(heard.length, 100, node.name);
    return heard.filter((number, i) => i > 0 && number < heard[i - 1]).length;
  });
}

scenario("events of one member arrive in order", (seed) => {
  for (const wire of [false, true]) {
    assertEquals(inversions(simulate({ nodes: 2, seed, wire, latencyMs: [1, 1] })), [0, 0]);
    // Among more members, packets with newer events may come another way and sooner.
    assertEquals(inversions(simulate({ nodes: 10, seed, wire })).filter((n) => n > 3), []);
  }
});

scenario("a member that joins late gets the earlier user events", (seed) => {
  const cluster = simulate({ nodes: 5, seed });
  cluster.node(0).userEvent("deploy", "v1");
  cluster.run({ seconds: 10 });
  const late = cluster.add();
  late.join(cluster.node(2));
  cluster.run({ seconds: 5 });
  assertEquals(late.heard("deploy"), 1);
});

scenario("a user event that a partition stops arrives once after the heal", (seed) => {
  const cluster = simulate({ nodes: 10, seed, snapshots: true });
  const cutOff = [7, 8, 9];
  cluster.partition(cutOff);
  cluster.node(0).userEvent("deploy", "v1");
  cluster.node(8).userEvent("deploy", "v2");
  cluster.run({ seconds: 40 });
  for (const node of cluster.nodes) assertEquals(node.heard("deploy"), 1, node.name);
  cluster.heal();
  cluster.runUntil(() => cluster.converged(), { seconds: 300 });
  cluster.runUntil(() => cluster.nodes.every((node) => node.heard("deploy") === 2), {
    seconds: 180,
  });
  cluster.run({ seconds: 120 });
  for (const node of cluster.nodes) assertEquals(node.heard("deploy"), 2, node.name);
});

scenario("members that are restarted while events spread get each event once", (seed) => {
  const cluster = simulate({ nodes: 10, seed, snapshots: true, loss: 0.1 });
  for (let i = 0; i < 10; i++) {
    cluster.node(0).userEvent("note", `${i}`);
    cluster.run({ seconds: 2 });
    cluster.node(1 + i % 9).restart();
    cluster.run({ seconds: 3 });
  }
  cluster.run({ seconds: 120 });
  for (
    const { name, events } of cluster.nodes.map((node) => ({
      name: node.name,
      events: node.events(),
    }))
  ) {
    const notes = events.flatMap((event) => event.type === "user" ? [text(event.payload)] : []);
    assertEquals(notes, notes.filter((note, i) => notes.indexOf(note) === i), name);
    assertEquals(notes.length, 10, name);
  }
});

scenario(
  "a query across a partition ends at its timeout, and one after the heal is answered by all",
  (seed) => {
    const cluster = simulate({ nodes: 10, seed });
    cluster.answerQueries((node) => new TextEncoder().encode(node.name));
    cluster.partition([7, 8, 9]);
    const during = cluster.node(0).query("who", null, { requestAck: true, timeoutMs: 3_000 });
    cluster.run({ seconds: 2 });
    assertEquals([during.done, during.acks.size, during.responses.size], [false, 7, 7]);
    cluster.run({ seconds: 2 });
    assert(during.done);
    cluster.heal();
    cluster.runUntil(() => cluster.converged(), { seconds: 300 });
    const after = cluster.node(0).query("who", null, { requestAck: true });
    cluster.run({ seconds: 10 });
    assertEquals([after.done, after.acks.size, after.responses.size], [true, 10, 10]);
  },
);

scenario("a query is acknowledged and answered by every member", (seed) => {
  const cluster = simulate({ nodes: 10, seed });
  cluster.answerQueries((node) => new TextEncoder().encode(`I am ${node.name}`));
  const query = cluster.node(6).query("who", null, { requestAck: true });
  cluster.run({ seconds: 10 });
  assert(query.done);
  assertEquals([...query.acks].sort(), cluster.nodes.map(({ name }) => name));
  assertEquals(query.responses.size, 10);
  assertEquals(text(query.responses.get("n3")), "I am n3");
});

scenario("a query with filters is answered by the members that match", (seed) => {
  const cluster = simulate({ nodes: 12, seed });
  cluster.node(2).setTags({ role: "db" });
  cluster.node(5).setTags({ role: "db-replica" });
  cluster.run({ seconds: 5 });
  cluster.answerQueries((node) => new TextEncoder().encode(node.name));
  const byTag = cluster.node(0).query("who", null, { tags: { role: "^db" } });
  const byName = cluster.node(0).query("who", null, { nodes: ["n1", "n7"] });
  cluster.run({ seconds: 10 });
  assertEquals([...byTag.responses.keys()].sort(), ["n2", "n5"]);
  assertEquals([...byName.responses.keys()].sort(), ["n1", "n7"]);
});

scenario("a query under 10 % loss is answered by all when answers are relayed", (seed) => {
  const cluster = simulate({ nodes: 10, seed });
  cluster.loss = 0.1;
  cluster.answerQueries((node) => new TextEncoder().encode(node.name));
  const query = cluster.node(6).query("who", null, { requestAck: true, relayFactor: 5 });
  cluster.run({ seconds: 10 });
  assert(query.done);
  assertEquals([query.acks.size, query.responses.size], [10, 10]);
});
