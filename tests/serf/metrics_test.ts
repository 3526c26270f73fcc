/** The metrics of a node. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { encodeCoordinate } from "../../lib/wire/messages/coordinate.ts";
import type { QueryResponseMessage } from "../../lib/wire/messages/serf_messages.ts";
import { encodeTags } from "../../lib/wire/messages/tags.ts";
import { RecordedMetrics } from "./recorded_metrics.ts";
import { blind, bytes, claimOf, leave, SerfNetwork } from "./serf_network.ts";

/** A node without others, and its metrics since its start. */
function start() {
  const network = new SerfNetwork();
  const metrics = new RecordedMetrics();
  const node = network.start("a", { ...blind, metrics });
  for (const name of Object.keys(metrics.counters)) delete metrics.counters[name];
  return { network, node, ...metrics };
}

/** The counters below a prefix, by the rest of their names. */
function below(prefix: string, counters: Readonly<Record<string, number>>) {
  const entries = Object.entries(counters).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(prefix.length), value]));
}

Deno.test("members that come, change, leave and fail are counted", () => {
  const { node, counters } = start();
  node.meet("b", "c");
  const meta = encodeTags({ role: "web" }, 5);
  node.hearSwim({ type: "alive", claim: claimOf("b", { incarnation: 2, meta }) });
  node.hear(leave("c", 9));
  node.bury("c");
  node.hearSwim({ type: "dead", node: "b", incarnation: 2, from: "?" });
  assertEquals(below("serf.member.", counters), { join: 2, update: 1, left: 1, failed: 1 });
  assertEquals(below("memberlist.msg.", counters), { alive: 3, dead: 2 });
});

Deno.test("a failed member that is back within a minute flaps", () => {
  const { network, node, counters } = start();
  node.meet("b");
  node.bury("b");
  network.run(59_000);
  node.hearSwim({ type: "alive", claim: claimOf("b", { incarnation: 2 }) });
  assertEquals(counters["serf.member.flap"], 1);
  node.hearSwim({ type: "dead", node: "b", incarnation: 2, from: "?" });
  network.run(61_000);
  node.hearSwim({ type: "alive", claim: claimOf("b", { incarnation: 3 }) });
  assertEquals(counters["serf.member.flap"], 1);
  assertEquals(counters["serf.member.join"], 3);
});

Deno.test("events and queries are counted by name, duplicates are not", () => {
  const { node, counters } = start();
  const event = { type: "user-event", lTime: 5, name: "deploy", payload: null, coalesce: false };
  node.hear(event as Parameters<typeof node.hear>[0]);
  node.hear(event as Parameters<typeof node.hear>[0]);
  node.core.userEvent("deploy", bytes("x"));
  node.core.userEvent("restart", null);
  node.core.query("load", null, { id: node.newId() });
  assertEquals(below("serf.events", counters), { "": 3, ".deploy": 2, ".restart": 1 });
  assertEquals(below("serf.queries", counters), { "": 1, ".load": 1 });
});

Deno.test("acks and responses are counted, duplicates separately", () => {
  const { node, counters } = start();
  node.meet("b");
  node.core.query("load", null, { id: node.newId(), requestAck: true });
  const [{ lTime, id }] = node.all("query");
  const response = (from: string, flags: number): QueryResponseMessage => {
    return { type: "query-response", lTime, id, from, flags, payload: null };
  };
  node.hear(response("b", 1), response("b", 1), response("b", 0), response("b", 0));
  assertEquals(below("serf.query_", counters), {
    acks: 1,
    duplicate_acks: 1,
    responses: 1,
    duplicate_responses: 1,
  });
});

Deno.test("messages are sampled by size, and queues by depth at each check", () => {
  const { network, node, samples } = start();
  node.meet("b");
  network.run(5_000);
  node.core.userEvent("deploy", null);
  node.core.userEvent("deploy", null);
  network.run(26_000);
  assertEquals(samples["serf.queue.Intent"], [0]);
  assertEquals(samples["serf.queue.Query"], [0]);
  assertEquals(samples["serf.queue.Event"].length, 1);
  assertGreater(samples["serf.msgs.sent"].length, 2);
  node.hear(leave("c", 9));
  // The type, and a map of three: "LTime" 9, "Node" "c", "Prune" false.
  assertEquals(samples["serf.msgs.received"], [1 + 1 + 6 + 1 + 5 + 2 + 6 + 1]);
});

Deno.test("probes are timed, and their coordinates move ours", () => {
  const network = new SerfNetwork();
  const metrics = new RecordedMetrics();
  const [a, b] = [network.start("a", { metrics }), network.start("b")];
  b.core.join([a.address], { id: b.newId() });
  network.run(5_000);
  const { counters, samples, gauges } = metrics;
  assertGreater(samples["memberlist.probeNode"].length, 2);
  for (const ms of samples["memberlist.probeNode"]) assertEquals(Math.round(ms * 10), 2);
  assertEquals(
    samples["serf.coordinate.adjustment-ms"].length,
    samples["memberlist.probeNode"].length,
  );
  assert(samples["memberlist.gossip"].length > 0);
  assertEquals(Object.keys(gauges), ["memberlist.node.instances"]);
  b.host.kill();
  network.run(30_000);
  assertGreater(gauges["memberlist.health.score"].length, 0);
  assertGreater(counters["memberlist.degraded.probe"], 0);
  assertEquals([counters["memberlist.msg.suspect"], counters["memberlist.msg.dead"]], [1, 1]);
});

Deno.test("an unusable coordinate is counted", () => {
  const network = new SerfNetwork();
  const metrics = new RecordedMetrics();
  const a = network.start("a", { metrics });
  a.meet("b");
  const pings: number[] = [];
  a.send = (_to, { messages }) => {
    for (const message of messages) if (message.type === "ping") pings.push(message.sequence);
  };
  while (pings.length === 0) network.run(10);
  const coordinate = { vec: [1, 2], error: 1, adjustment: 0, height: 1e-5 };
  const payload = encodeCoordinate(coordinate);
  a.hearSwim({ type: "ack", sequence: pings[0], payload });
  assertEquals(metrics.counters["serf.coordinate.rejected"], 1);
});
