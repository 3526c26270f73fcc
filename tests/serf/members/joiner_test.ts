import { assertEquals } from "@std/assert";
import { addressOf, blind, join, SerfNetwork, type SerfNode, stateOf } from "../serf_network.ts";

Deno.test("a join counts the nodes that were reached, and reports those that were not", () => {
  const network = new SerfNetwork();
  const [a, b] = [network.start("a"), network.start("b")];
  a.core.join([b.address, addressOf("x")], { id: 7 });
  network.run(10);
  assertEquals(a.all("joined"), [{
    type: "joined",
    id: 7,
    count: 1,
    failures: [{
      address: "10.0.0.120:7946",
      reason:
        "failed to join 10.0.0.120:7946: dial tcp 10.0.0.120:7946: connect: connection refused",
    }],
  }]);
});

Deno.test("the join intent has a time later than all that the other node has seen", () => {
  const network = new SerfNetwork();
  const [a, b] = [network.start("a"), network.start("b")];
  b.hear(join("x", 40));
  a.core.join([b.address], { id: 1 });
  network.run(1_000);
  assertEquals(stateOf(a).statusLTimes.get("a"), 41);
  assertEquals(stateOf(b).statusLTimes.get("a"), 41);
  assertEquals(a.memberEvents(), ["member-join a", "member-join b"]);
  assertEquals(b.memberEvents(), ["member-join b", "member-join a"]);
});

Deno.test("a join that reaches no node broadcasts no intent", () => {
  const network = new SerfNetwork();
  const node = network.start("a");
  node.core.join([addressOf("x"), addressOf("y")], { id: 1 });
  network.run(10);
  assertEquals(node.all("joined")[0].count, 0);
  assertEquals(stateOf(node).statusLTimes.get("a"), 0);
});

Deno.test("a join without addresses is over at once", () => {
  const node = new SerfNetwork().start("a");
  node.core.join([], { id: 1 });
  assertEquals(node.all("joined"), [{ type: "joined", id: 1, count: 0, failures: [] }]);
});

Deno.test("a rejoin broadcasts no intent", () => {
  const network = new SerfNetwork();
  const [a, b] = [network.start("a"), network.start("b")];
  a.core.rejoin(b.address, { id: 1 });
  network.run(1_000);
  assertEquals(a.all("joined"), [{ type: "joined", id: 1, count: 1, failures: [] }]);
  assertEquals(b.status("a"), "alive");
  assertEquals(stateOf(b).statusLTimes.get("a"), 0);
});

/** A node that knows alive and failed members, just before its first reconnect. */
function startWithFailures(
  alive: number,
  failed: number,
): { network: SerfNetwork; node: SerfNode } {
  const network = new SerfNetwork();
  const node = network.start("A", { ...blind, reconnectIntervalMs: 1_000 });
  const names = Array.from({ length: alive + failed }, (_, i) => String.fromCharCode(66 + i));
  node.meet(...names);
  for (const name of names.slice(alive)) node.bury(name);
  network.run(999);
  return { network, node };
}

Deno.test("a failed member is tried again with probability failed / alive", () => {
  const { network, node } = startWithFailures(3, 1);
  node.draws.push(0.25, 0);
  network.run(1);
  assertEquals(node.logs("INFO").at(-1), "attempting reconnect to E 10.0.0.69:7946");
  node.draws.push(0.26);
  network.run(1_000);
  assertEquals(node.logs("DEBUG").at(-1), "forgoing reconnect for random throttling");
});

Deno.test("which failed member is tried is random", () => {
  for (const [draw, name] of [[0, "D"], [0.5, "E"], [0.99, "F"]] as const) {
    const { network, node } = startWithFailures(2, 3);
    node.draws.push(0, draw);
    network.run(1);
    assertEquals(node.logs("INFO").at(-1)?.split(" ")[3], name);
  }
});

Deno.test("if no other member is alive, a failed member is always tried", () => {
  const { network, node } = startWithFailures(0, 1);
  node.draws.push(0.999, 0);
  network.run(1);
  assertEquals(node.logs("INFO").at(-1), "attempting reconnect to B 10.0.0.66:7946");
});

Deno.test("a reconnect brings a member back and broadcasts no intent", () => {
  const network = new SerfNetwork();
  const [a, b] = network.cluster(["a", "b"]);
  network.isolate(b);
  network.run(15_000);
  assertEquals(a.status("b"), "failed");
  const lTime = stateOf(a).statusLTimes.get("a");
  network.heal();
  a.draws.push(0, 0);
  a.core.handle({ type: "reconnect" });
  network.run(3_000);
  assertEquals(a.status("b"), "alive");
  assertEquals(stateOf(a).statusLTimes.get("a"), lTime);
});
