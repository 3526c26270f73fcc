import { assertEquals, assertGreater, assertLess, assertThrows } from "@std/assert";
import type { QueryParameters } from "../../../lib/api/query.ts";
import { defaultQueryTimeout } from "../../../lib/serf/queries/outgoing_queries.ts";
import { EncodedMessage } from "../../../lib/serf/encoded_message.ts";
import { encodeFilter } from "../../../lib/wire/messages/serf_codec.ts";
import {
  QueryFlag,
  type QueryMessage,
  type QueryResponseMessage,
} from "../../../lib/wire/messages/serf_messages.ts";
import { profiles } from "../../../lib/swim/config.ts";
import { addressOf, blind, bytes, SerfNetwork, type SerfNode } from "../serf_network.ts";
import { cpuTimeMs } from "../../support/cpu_time.ts";

function queryOf(changes: Partial<QueryMessage> = {}): QueryMessage {
  return {
    type: "query",
    lTime: 5,
    id: 99,
    address: addressOf("?"),
    sourceNode: "?",
    filters: null,
    flags: 0,
    relayFactor: 0,
    timeoutNs: 1e9,
    name: "load",
    payload: null,
    ...changes,
  };
}

/** Lets a node respond to every query that is delivered to its user. */
function answerAll(network: SerfNetwork, node: SerfNode, answer: string): void {
  for (const query of node.all("query")) node.core.respond(query, bytes(answer));
  node.outputs.splice(0, node.outputs.length, ...node.outputs.filter((o) => o.type !== "query"));
  network.run(1);
}

interface Asked {
  readonly node: SerfNode;
  readonly id: number;
}

function ask(node: SerfNode, options: QueryParameters = {}, name = "load"): Asked {
  const id = node.newId();
  node.core.query(name, bytes("p"), { ...options, id });
  return { node, id };
}

/** The records of a query so far, as in `ack a` or `response a: text`, and `over` at the end. */
function cameBack({ node, id }: Asked): string[] {
  return node.outputs.flatMap((output) => {
    if (output.type === "done" && output.id === id) return ["over"];
    if (output.type !== "query-record" || output.id !== id) return [];
    const { record } = output;
    if (record.type === "ack") return [`ack ${record.from}`];
    if (record.type === "failure") return [`failure ${record.from}: ${record.reason}`];
    return [`response ${record.from}: ${new TextDecoder().decode(record.payload!)}`];
  });
}

Deno.test("a query reaches every member once, its sender included", () => {
  const network = new SerfNetwork();
  const nodes = network.cluster(["a", "b", "c"]);
  ask(nodes[0], { timeoutMs: 4_000 });
  network.run(2_000);
  for (const node of nodes) {
    const [query, ...others] = node.all("query");
    assertEquals(others, []);
    assertEquals([query.lTime, query.name, query.sourceNode], [1, "load", "a"]);
    assertEquals(query.payload, bytes("p"));
    assertLess(query.deadline, node.now + 2_001);
    assertGreater(query.deadline, node.now + 1_999 - 500);
  }
});

Deno.test("responses are delivered, and a query is over as soon as all members have responded", () => {
  const network = new SerfNetwork();
  const [a, b] = network.cluster(["a", "b"]);
  const asked = ask(a, { timeoutMs: 60_000 });
  network.run(1_000);
  answerAll(network, b, "1.5");
  assertEquals(cameBack(asked), ["response b: 1.5"]);
  answerAll(network, a, "0.5");
  assertEquals(cameBack(asked), ["response b: 1.5", "response a: 0.5", "over"]);
});

Deno.test("acks come at once, and the query still waits for responses", () => {
  const network = new SerfNetwork();
  const [a, b] = network.cluster(["a", "b"]);
  const asked = ask(a, { timeoutMs: 5_000, requestAck: true });
  network.run(1_000);
  assertEquals(cameBack(asked).toSorted(), ["ack a", "ack b"]);
  answerAll(network, b, "x");
  network.run(3_900);
  assertEquals(cameBack(asked).at(-1), "response b: x");
  network.run(200);
  assertEquals(cameBack(asked).at(-1), "over");
});

Deno.test("a member tells why it does not respond to who wants to know, and may respond later", () => {
  const network = new SerfNetwork();
  const [a, b] = network.cluster(["a", "b"]);
  const options = { timeoutMs: 5_000, requestAck: true, nodes: ["b"] };
  const curious = ask(a, { ...options, failures: true });
  const indifferent = ask(a, options);
  const silent = ask(a, { ...options, requestAck: false, failures: true });
  network.run(1_000);
  for (const query of b.all("query")) b.core.failQuery(query, "too tired");
  network.run(1_000);
  assertEquals(cameBack(curious), ["ack b", "failure b: too tired"]);
  assertEquals(cameBack(indifferent), ["ack b"]);
  assertEquals(cameBack(silent), []);
  answerAll(network, b, "x");
  for (const query of b.all("query")) b.core.failQuery(query, "too late");
  network.run(1_000);
  assertEquals(cameBack(curious).slice(2), ["response b: x", "over"]);
});

Deno.test("a reachability query is over with the last ack, and is not delivered to users", () => {
  const network = new SerfNetwork();
  const nodes = network.cluster(["a", "b", "c"]);
  const asked = ask(nodes[0], { timeoutMs: 60_000, requestAck: true }, "_serf_ping");
  network.run(1_000);
  assertEquals(cameBack(asked).toSorted(), ["ack a", "ack b", "ack c", "over"]);
  assertEquals(nodes.flatMap((node) => node.all("query")), []);
});

Deno.test("a query may be made to wait for its timeout", () => {
  const network = new SerfNetwork();
  const [a, b] = network.cluster(["a", "b"]);
  const asked = ask(a, { timeoutMs: 5_000, nodes: ["b"], waitForTimeout: true });
  network.run(1_000);
  answerAll(network, b, "x");
  network.run(3_900);
  assertEquals(cameBack(asked), ["response b: x"]);
  network.run(200);
  assertEquals(cameBack(asked), ["response b: x", "over"]);
});

Deno.test("only members that pass the filters get a query and are awaited; all gossip it on", () => {
  const network = new SerfNetwork();
  const nodes = network.cluster(["a", "b", "c"]);
  nodes[1].core.setTags({ role: "web" }, { id: nodes[1].newId() });
  network.run(2_000);
  const asked = ask(nodes[0], { tags: { role: "^w" }, timeoutMs: 60_000 });
  network.run(1_000);
  assertEquals(nodes.map((node) => node.all("query").length), [0, 1, 0]);
  answerAll(network, nodes[1], "yes");
  assertEquals(cameBack(asked), ["response b: yes", "over"]);
  assertEquals(nodes.map((node) => node.core.stats().query_time), ["2", "2", "2"]);
});

Deno.test("a query that no known member passes waits, because an unknown one may respond", () => {
  const network = new SerfNetwork();
  const [a] = network.cluster(["a", "b"]);
  const asked = ask(a, { nodes: ["x"], timeoutMs: 1_000 });
  network.run(900);
  assertEquals(cameBack(asked), []);
  network.run(200);
  assertEquals(cameBack(asked), ["over"]);
});

Deno.test("a failed member is not awaited", () => {
  const network = new SerfNetwork();
  const node = network.start("self", blind);
  node.meet("a");
  node.bury("a");
  const asked = ask(node, { timeoutMs: 60_000 });
  network.run(1);
  answerAll(network, node, "x");
  assertEquals(cameBack(asked), ["response self: x", "over"]);
});

Deno.test("a query does not wait for a member that fails meanwhile", () => {
  const network = new SerfNetwork();
  const node = network.start("self", blind);
  node.meet("a");
  const asked = ask(node, { timeoutMs: 60_000 });
  network.run(1);
  answerAll(network, node, "x");
  assertEquals(cameBack(asked), ["response self: x"]);
  node.bury("a");
  assertEquals(cameBack(asked), ["response self: x", "over"]);
});

Deno.test("a query whose expression does not compile is for nobody, and is logged where it arrives", () => {
  const network = new SerfNetwork();
  const nodes = network.cluster(["a", "b"]);
  const asked = ask(nodes[0], { tags: { role: "[" }, timeoutMs: 1_000 });
  network.run(1_100);
  assertEquals(cameBack(asked), ["over"]);
  for (const node of nodes) {
    assertEquals(node.logs("WARN"), [
      "failed to compile filter regex ([): error parsing regexp: missing closing ]: `[`",
    ]);
  }
});

Deno.test("a query whose filter cannot be decoded is for nobody, but is gossiped on", () => {
  const node = new SerfNetwork().start("self", blind);
  const filters = [Uint8Array.of(7, 0x80)];
  node.hear(queryOf({ filters }));
  assertEquals(node.all("query"), []);
  assertEquals(node.logs("WARN").length, 1);
  assertEquals(node.core.stats().query_queue, "1");
});

Deno.test("a query with an empty filter is for nobody, and is gossiped on without a log line", () => {
  const node = new SerfNetwork().start("self", blind);
  node.hear(queryOf({ filters: [new Uint8Array()], flags: QueryFlag.ack }));
  assertEquals([node.all("query"), node.lost], [[], []]);
  assertEquals(node.logs("WARN"), []);
  assertEquals(node.core.stats().query_queue, "1");
});

Deno.test("a datagram full of expensive filters takes milliseconds, and is logged once", () => {
  const node = new SerfNetwork().start("self", { ...blind, tags: { role: "web" } });
  const bomb = encodeFilter({
    type: "tag",
    tag: "role",
    expression: `(?:${".*".repeat(440)}){1000}`,
  });
  const costly = encodeFilter({ type: "tag", tag: "role", expression: "(?:.*.*){300}x" });
  node.hear(queryOf({ id: 1, filters: [costly] }));
  const queries = Array.from(
    { length: 250 },
    (_, i) => queryOf({ id: 2 + i, filters: [i % 2 === 0 ? bomb : costly] }),
  );
  const startedAt = cpuTimeMs();
  node.hear(...queries);
  assertLess(cpuTimeMs() - startedAt, 1_000);
  assertEquals(node.logs("WARN").length, 1);
  assertEquals(node.all("query"), []);
});

Deno.test("an attack with filters keeps ordinary queries out for moments only", () => {
  const network = new SerfNetwork();
  const node = network.start("self", { ...blind, tags: { role: "web" } });
  const filter = (expression: string) => [encodeFilter({ type: "tag", tag: "role", expression })];
  for (let id = 0; id < 10; id++) node.hear(queryOf({ id, filters: filter("(?:.*.*){300}x") }));
  network.run(50);
  for (let id = 10; id < 20; id++) node.hear(queryOf({ id, filters: filter("^web$") }));
  assertEquals(node.all("query").length, 10);
});

Deno.test("filters see our tags as they are now", () => {
  const node = new SerfNetwork().start("self", { ...blind, tags: { role: "web" } });
  const filters = [encodeFilter({ type: "tag", tag: "role", expression: "^db$" })];
  node.hear(queryOf({ filters }));
  node.core.setTags({ role: "db" }, { id: 1 });
  node.hear(queryOf({ filters, id: 100 }));
  assertEquals(node.all("query").map(({ id }) => id), [100]);
});

Deno.test("queries are the same if time and id are", () => {
  const node = new SerfNetwork().start("self", blind);
  node.hear(queryOf(), queryOf(), queryOf({ id: 100 }), queryOf({ lTime: 6 }));
  assertEquals(node.all("query").map(({ lTime, id }) => [lTime, id]), [[5, 99], [5, 100], [6, 99]]);
  assertEquals(node.core.stats().query_queue, "3");
});

Deno.test("a query from longer ago than the query buffer reaches is too old", () => {
  const node = new SerfNetwork().start("self", { ...blind, queryBuffer: 8 });
  node.hear(queryOf({ lTime: 20 }), queryOf({ lTime: 13 }), queryOf({ lTime: 12 }));
  assertEquals(node.all("query").map(({ lTime }) => lTime), [20, 13]);
  assertEquals(node.logs("WARN"), ["received old query load from time 12 (current: 21)"]);
});

Deno.test("queries up to the snapshot's clock are not delivered again", () => {
  const snapshot = { alive: new Map(), lost: new Map(), clock: 0, eventClock: 0, queryClock: 7 };
  const node = new SerfNetwork().start("self", blind, { snapshot });
  assertEquals(node.core.stats().query_time, "8");
  node.hear(queryOf({ lTime: 7 }), queryOf({ lTime: 8 }));
  assertEquals(node.all("query").map(({ lTime }) => lTime), [8]);
});

Deno.test("a query with the no-broadcast flag is responded to, and not gossiped on", () => {
  const node = new SerfNetwork().start("self", blind);
  node.hear(queryOf({ flags: 2 | 1 }));
  assertEquals(node.all("query").length, 1);
  assertEquals(node.core.stats().query_queue, "0");
  const ack = { type: "query-response", lTime: 5, id: 99, from: "self", flags: 1, payload: null };
  assertEquals(node.lost.map(({ message }) => message), [ack as QueryResponseMessage]);
});

Deno.test("a query gets one response, in time, of a limited size", () => {
  const network = new SerfNetwork();
  const node = network.start("self", blind);
  node.hear(queryOf(), queryOf({ id: 100 }));
  const [first, second] = node.all("query");
  assertThrows(
    () => node.core.respond(first, new Uint8Array(1_024)),
    RangeError,
    "response exceeds limit of 1024 bytes",
  );
  node.core.respond(first, bytes("x"));
  assertThrows(() => node.core.respond(first, bytes("x")), Error, "response already sent");
  assertEquals(node.lost.length, 1);
  network.run(1_001);
  assertThrows(() => node.core.respond(second, bytes("x")), Error, "response is past the deadline");
});

Deno.test("an unknown query is past its deadline", () => {
  const node = new SerfNetwork().start("self", blind);
  const unknown = { lTime: 1, id: 1 };
  assertThrows(
    () => node.core.respond(unknown, bytes("x")),
    Error,
    "response is past the deadline",
  );
});

Deno.test("queries with endless deadlines make room for newer ones", () => {
  const node = new SerfNetwork().start("self", { ...blind, queryBuffer: 16 });
  for (let i = 0; i <= 4_096; i++) node.hear(queryOf({ lTime: i + 1, timeoutNs: 1e15 }));
  const queries = node.all("query");
  assertThrows(() => node.core.respond(queries[0], bytes("x")), Error, "past the deadline");
  node.core.respond(queries[1], bytes("x"));
  node.core.respond(queries[4_096], bytes("x"));
  assertEquals(node.lost.length, 2);
});

Deno.test("a query that is too large is refused with Serf's message", () => {
  const node = new SerfNetwork().start("self", blind);
  assertThrows(
    () => node.core.query("x", new Uint8Array(1_024), { id: 1 }),
    RangeError,
    "query exceeds limit of 1024 bytes",
  );
  assertThrows(() => node.core.query("x", null, { id: 1, relayFactor: 256 }), RangeError, "256");
  assertEquals(node.core.stats().query_time, "1");
});

Deno.test("sending queries needs Serf protocol 4, responding does not", () => {
  const node = new SerfNetwork().start("self", { ...blind, protocol: 3 });
  assertThrows(() => node.core.query("x", null, { id: 1 }), Error, "Feature not supported");
  node.hear(queryOf());
  assertEquals(node.all("query").length, 1);
});

Deno.test("an ack or response to an unknown query is logged; a late one to a known query is not", () => {
  const network = new SerfNetwork();
  const node = network.start("self", blind);
  const stray = {
    type: "query-response",
    lTime: 1,
    id: 7,
    from: "a",
    flags: 0,
    payload: null,
  } as const;
  node.hear(stray);
  assertEquals(node.logs("WARN"), ["reply for non-running query (LTime: 1, ID: 7) From: a"]);
  node.draws.push(7 / 2 ** 31);
  const asked = ask(node, { timeoutMs: 1_000 });
  network.run(1);
  answerAll(network, node, "x");
  assertEquals(cameBack(asked).at(-1), "over");
  node.hear(stray, { ...stray, lTime: 2 });
  assertEquals(node.logs("WARN").slice(1), [
    "reply for non-running query (LTime: 2, ID: 7) From: a",
  ]);
});

Deno.test("the default timeout grows with the number of nodes alive", () => {
  const url = new URL("../../vectors/formulas.json", import.meta.url);
  const [{ name, cases }] = JSON.parse(Deno.readTextFileSync(url));
  assertEquals(name, "formulas/defaultQueryTimeout");
  for (const { gossipIntervalNs, mult, n, timeoutNs } of cases) {
    const profile = { ...profiles.lan, gossipIntervalMs: gossipIntervalNs / 1e6 };
    assertEquals(defaultQueryTimeout({ profile, queryTimeoutMult: mult }, n), timeoutNs / 1e6);
  }
});

Deno.test("acks and responses are relayed through other members, and are recorded once", () => {
  const network = new SerfNetwork();
  const nodes = network.cluster(["a", "b", "c"]);
  const asked = ask(nodes[0], { nodes: ["b"], relayFactor: 2, requestAck: true, timeoutMs: 5_000 });
  network.run(1_000);
  answerAll(network, nodes[1], "x");
  assertEquals(cameBack(asked), ["ack b", "response b: x", "over"]);
  // The asker itself may be the helper.
  const relays = nodes.map((node) =>
    node.logs("DEBUG").filter((text) => text === "Relaying response to addr: 10.0.0.97:7946").length
  );
  assertEquals(relays, [2, 0, 2]);
  assertEquals(nodes[0].logs("WARN"), []);
});

Deno.test("nothing is relayed in a cluster of too few members", () => {
  const network = new SerfNetwork();
  const node = network.start("self", blind);
  node.meet("a");
  node.hear(queryOf({ flags: 1, relayFactor: 2 }));
  assertEquals(node.lost.map(({ message }) => message.type), ["query-response"]);
  node.meet("b");
  node.hear(queryOf({ flags: 1, relayFactor: 2, id: 100 }));
  assertEquals(node.lost.map(({ message }) => message.type).slice(1), [
    "query-response",
    "relay",
    "relay",
  ]);
});

Deno.test("only members that are alive and know relay messages are used as relays", () => {
  const node = new SerfNetwork().start("self", blind);
  node.meet("a", "b", "c");
  node.bury("a");
  const versions = {
    protocolMin: 1,
    protocolMax: 4,
    protocolCur: 2,
    delegateMin: 2,
    delegateMax: 5,
    delegateCur: 5,
  };
  node.hearSwim({
    type: "alive",
    claim: {
      node: "d",
      incarnation: 1,
      state: "alive",
      address: addressOf("d"),
      meta: null,
      versions,
    },
  });
  node.hear({ type: "leave", lTime: 5, node: "c", prune: false });
  node.hear(queryOf({ flags: 1, relayFactor: 4 }));
  const relays = node.lost.filter(({ message }) => message.type === "relay");
  assertEquals(relays.map(({ to }) => to.text), [addressOf("b").text]);
});

Deno.test("a copy for relays that is too large is an error, after the direct response", () => {
  const node = new SerfNetwork().start("self", { ...blind, queryResponseSizeLimit: 100 });
  node.meet("a");
  node.hear(queryOf({ flags: 1, relayFactor: 1 }));
  const [query] = node.all("query");
  assertThrows(
    () => node.core.respond(query, new Uint8Array(40)),
    RangeError,
    "relayed response exceeds limit of 100 bytes",
  );
  assertEquals(node.lost.at(-1)?.message.type, "query-response");
  assertThrows(() => node.core.respond(query, bytes("x")), Error, "response already sent");
});

Deno.test("an ack that is too large to be relayed is logged", () => {
  const node = new SerfNetwork().start("self", { ...blind, queryResponseSizeLimit: 60 });
  node.meet("a");
  node.hear(queryOf({ flags: 1, relayFactor: 1 }));
  assertEquals(node.logs("ERR"), [
    "failed to relay ack: relayed response exceeds limit of 60 bytes",
  ]);
});

Deno.test("a relay forwards any message byte for byte", () => {
  const node = new SerfNetwork().start("self", blind);
  const sent: Uint8Array[] = [];
  node.send = (_to, packet) => {
    for (const message of packet.messages) {
      if (message.type === "user") sent.push(message.body.bytes);
    }
  };
  const message = Uint8Array.of(200, 1, 2, 3);
  const relay = {
    type: "relay",
    destination: addressOf("a"),
    destinationName: "a",
    message,
  } as const;
  node.hearSwim({ type: "user", body: { bytes: new EncodedMessage(relay).bytes } });
  assertEquals(sent, [message]);
});

Deno.test("an unknown internal query is logged and not delivered", () => {
  const node = new SerfNetwork().start("self", blind);
  node.hear(queryOf({ name: "_serf_dance", flags: 1 }));
  assertEquals(node.all("query"), []);
  assertEquals(node.logs("WARN"), ["Unhandled internal query 'dance'"]);
  assertEquals(node.lost.length, 1);
});
