import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { agentSettings, librarySettings, type SerfConfig } from "../../lib/serf/config.ts";
import { SerfCore } from "../../lib/serf/core.ts";
import { Keyring } from "../../lib/wire/framing/keyring.ts";
import { encodeSerf } from "../../lib/wire/messages/serf_codec.ts";
import type { SerfMessage } from "../../lib/wire/messages/serf_messages.ts";
import {
  addressOf,
  blind,
  claimOf,
  join,
  leave,
  SerfNetwork,
  type SerfNode,
} from "./serf_network.ts";

/** Makes a node with one setting that is out of range. */
function make(config: Partial<SerfConfig>): SerfCore {
  const host = new SerfNetwork().start("host", blind);
  const whole = {
    ...librarySettings,
    ...agentSettings,
    name: "self",
    address: addressOf("self"),
    tags: {},
    ...config,
  };
  return new SerfCore(whole, host);
}

Deno.test("settings out of range are refused with Serf's message", () => {
  const cases: [Partial<SerfConfig>, string][] = [
    [{ protocol: 1 }, "Protocol version '1' too low. Must be in range: [2, 5]"],
    [{ protocol: 6 }, "Protocol version '6' too high. Must be in range: [2, 5]"],
    [{ userEventSizeLimit: 9_217 }, "user event size limit exceeds limit of 9216 bytes"],
    [{ tags: { x: "y".repeat(510) } }, "Encoded length of tags exceeds limit of 512 bytes"],
  ];
  for (const [config, message] of cases) assertThrows(() => make(config), RangeError, message);
  make({ protocol: 2, userEventSizeLimit: 9_216, tags: { x: "y".repeat(500) } });
});

Deno.test("the agent speaks the newest protocol and coalesces; a library does not", () => {
  assertEquals([agentSettings.protocol, librarySettings.protocol], [5, 4]);
  assertEquals([agentSettings.coalescePeriodMs, librarySettings.coalescePeriodMs], [3_000, 0]);
});

Deno.test("a node knows itself from the start", () => {
  const network = new SerfNetwork();
  const node = network.start("self", { tags: { role: "web" } });
  assertEquals(node.core.members(), [node.core.local]);
  assertEquals(node.core.local, {
    name: "self",
    address: addressOf("self"),
    tags: { role: "web" },
    status: "alive",
    ...claimOf("self").versions!,
  });
  assertEquals(node.logs("INFO"), ["EventMemberJoin: self 10.0.0.115"]);
  assertThrows(() => make({}).local, Error, "before the start");
});

Deno.test("the stats are those of the agent's info", () => {
  const node = new SerfNetwork().start("self", blind);
  node.meet("a", "b");
  node.bury("a");
  node.hear(join("b", 8), leave("b", 9));
  node.bury("b");
  node.core.userEvent("x", null);
  assertEquals(node.core.stats(), {
    coordinate_resets: "0",
    encrypted: "false",
    event_queue: "1",
    event_time: "2",
    failed: "1",
    health_score: "0",
    intent_queue: "2",
    left: "1",
    member_time: "10",
    members: "3",
    query_queue: "0",
    query_time: "1",
  });
  const keyring = new Keyring([new Uint8Array(32)]);
  const other = new SerfNetwork().start("self", { ...blind, coordinates: false }, { keyring });
  assertEquals(other.core.stats().encrypted, "true");
  assertEquals("coordinate_resets" in other.core.stats(), false);
});

Deno.test("the list of members is the same array until a member comes or changes", () => {
  const node = new SerfNetwork().start("self", blind);
  const alone = node.core.members();
  node.core.userEvent("x", null);
  assertStrictEquals(node.core.members(), alone);
  node.meet("a");
  const both = node.core.members();
  assertEquals(both.map(({ name, status }) => `${name} ${status}`), ["self alive", "a alive"]);
  node.bury("a");
  assertEquals(node.core.members().map(({ status }) => status), ["alive", "failed"]);
  assertEquals(both[1].status, "alive");
});

Deno.test("new tags reach everybody", () => {
  const network = new SerfNetwork();
  const nodes = network.cluster(["a", "b", "c"], { tags: { role: "web" } });
  nodes[0].core.setTags({ role: "db", dc: "east" }, { id: 5 });
  network.run(3_000);
  assertEquals(nodes[0].all("done"), [{ type: "done", id: 5, error: undefined }]);
  for (const node of nodes) {
    assertEquals(node.core.member("a")?.tags, { role: "db", dc: "east" });
    assertEquals(node.memberEvents(), ["member-update a"]);
  }
});

Deno.test("tags that are too large are refused, and the old ones stay", () => {
  const node = new SerfNetwork().start("self", { tags: { role: "web" } });
  assertThrows(
    () => node.core.setTags({ x: "y".repeat(510) }, { id: 1 }),
    RangeError,
    "Encoded length of tags exceeds limit of 512 bytes",
  );
  assertEquals(node.core.local.tags, { role: "web" });
});

Deno.test("up to protocol 2 only the role is announced", () => {
  const network = new SerfNetwork();
  const [a, b] = network.cluster(["a", "b"], { protocol: 2, tags: { role: "web", dc: "east" } });
  assertEquals(a.core.member("b")?.tags, { role: "web" });
  assertEquals(b.core.member("a")?.delegateCur, 2);
});

Deno.test("coordinates follow the round trips of probes", () => {
  const network = new SerfNetwork();
  const [a, b] = network.cluster(["a", "b"]);
  network.run(60_000);
  const [own, other] = [a.core.coordinate("a")!, a.core.coordinate("b")!];
  assertEquals([own.vec.length, other.vec.length], [8, 8]);
  assert(own.error < 1.5);
  assert(other.error <= 1.5);
  assertEquals(a.core.coordinate("x"), undefined);
  assertAlmostEquals(b.core.coordinate("a")!.height, own.height, 1e-3);
});

Deno.test("the coordinate of a member is forgotten with the member", () => {
  const network = new SerfNetwork();
  const [a, b] = network.cluster(["a", "b"], { reconnectTimeoutMs: 1_000 });
  network.run(5_000);
  assert(a.core.coordinate("b") !== undefined);
  b.host.kill();
  network.run(45_000);
  assertEquals(a.status("b"), undefined);
  assertEquals(a.core.coordinate("b"), undefined);
});

Deno.test("the coordinate of a member that was pruned alive, and probed since, is forgotten when it dies", () => {
  const network = new SerfNetwork();
  const [a, b] = network.cluster(["a", "b"]);
  // It never hears that it is to be pruned.
  network.isolate(b);
  a.hear(leave("b", 20, true));
  network.run(3_000);
  network.heal();
  network.run(7_000);
  assertEquals(a.status("b"), undefined);
  assert(a.core.coordinate("b") !== undefined);
  b.host.kill();
  network.run(15_000);
  assertEquals(a.core.coordinate("b"), undefined);
});

Deno.test("if coordinates are off, acks carry none", () => {
  const network = new SerfNetwork();
  const [a] = network.cluster(["a", "b"], { coordinates: false });
  network.run(5_000);
  assertEquals([a.core.coordinate("a"), a.core.coordinate("b")], [undefined, undefined]);
});

Deno.test("everything works over the real encoding too", () => {
  const network = new SerfNetwork();
  network.encode();
  const nodes = network.cluster(["a", "b", "c"]);
  nodes[0].core.userEvent("deploy", Uint8Array.of(0, 255));
  nodes[1].core.query("load", null, { id: 50, requestAck: true, relayFactor: 1, timeoutMs: 2_000 });
  nodes[2].core.setTags({ role: "db" }, { id: 51 });
  network.run(3_000);
  for (const node of nodes) {
    assertEquals(node.all("user").map(({ payload }) => payload), [Uint8Array.of(0, 255)]);
    assertEquals(node.all("query").length, 1);
    assertEquals(node.core.member("c")?.tags, { role: "db" });
    assertEquals(node.logs("ERR"), []);
  }
  const acks = nodes[1].all("query-record").map(({ record }) => `${record.type} ${record.from}`);
  assertEquals(acks.toSorted(), ["ack a", "ack b", "ack c"]);
});

Deno.test("messages are gossiped on byte for byte", () => {
  const network = new SerfNetwork();
  const node = network.start("self", blind);
  for (const name of ["a", "c"]) node.meet(name);
  const sent: Uint8Array[] = [];
  node.send = (_to, { messages }) => {
    for (const message of messages) if (message.type === "user") sent.push(message.body.bytes);
  };
  // A join intent with an unknown key, as a later version might send it.
  const strange = Uint8Array.of(
    1,
    0x83,
    ...text("LTime"),
    9,
    ...text("New"),
    1,
    ...text("Node"),
    ...text("b"),
  );
  node.hearSwim({ type: "user", body: { bytes: strange } });
  network.run(1);
  assertEquals(sent[0], strange);
});

/** A short text in msgpack. */
function text(value: string): number[] {
  return [0xa0 | value.length, ...new TextEncoder().encode(value)];
}

/** One of each message, with nothing unusual in it. */
const samples: readonly SerfMessage[] = [
  join("a", 5),
  leave("a", 5, true),
  { type: "user-event", lTime: 5, name: "x", payload: Uint8Array.of(1), coalesce: true },
  {
    type: "query",
    lTime: 5,
    id: 6,
    address: addressOf("a"),
    sourceNode: "a",
    filters: [Uint8Array.of(0, 0x91, 0xa4, 0x73, 0x65, 0x6c, 0x66)],
    flags: 1,
    relayFactor: 1,
    timeoutNs: 1e9,
    name: "q",
    payload: Uint8Array.of(1),
  },
  { type: "query-response", lTime: 5, id: 6, from: "a", flags: 0, payload: null },
  { type: "relay", destination: addressOf("a"), destinationName: "a", message: Uint8Array.of(1) },
  {
    type: "push-pull",
    lTime: 5,
    eventLTime: 5,
    queryLTime: 5,
    statusLTimes: new Map([["a", 1]]),
    leftMembers: ["a"],
    events: [{ lTime: 1, events: [{ name: "x", payload: null }] }],
  },
  { type: "conflict-response", member: null },
  { type: "key-request", key: new Uint8Array(32) },
  { type: "key-response", result: true, message: "", keys: ["x"], primaryKey: "x" },
];

function hearBytes(node: SerfNode, bytes: Uint8Array): void {
  node.hearSwim({ type: "user", body: { bytes } });
  node.exchange({ bytes }, { join: true });
}

Deno.test("messages that are cut off anywhere do no harm", () => {
  const node = new SerfNetwork().start("self", blind);
  for (const sample of samples) {
    const bytes = encodeSerf(sample);
    for (let end = 0; end <= bytes.length; end++) hearBytes(node, bytes.subarray(0, end));
  }
  assertEquals(node.core.local.status, "alive");
});

Deno.test("messages with any byte changed do no harm", () => {
  const node = new SerfNetwork().start("self", blind);
  for (const sample of samples) {
    const bytes = encodeSerf(sample);
    for (let i = 0; i < bytes.length; i++) {
      for (const change of [0x01, 0x40, 0x80, 0xff]) {
        const changed = bytes.slice();
        changed[i] ^= change;
        hearBytes(node, changed);
      }
    }
  }
  assertEquals(node.core.local.status, "alive");
});

Deno.test("random bytes do no harm", () => {
  const node = new SerfNetwork().start("self", blind);
  for (let i = 0; i < 2_000; i++) {
    const bytes = Uint8Array.from({ length: 40 }, () => node.random() * 256);
    bytes[0] %= 11;
    hearBytes(node, bytes);
  }
  assertEquals(node.core.local.status, "alive");
});

Deno.test("a message of a type that is not gossiped is logged as one of an unknown type", () => {
  const node = new SerfNetwork().start("self", blind);
  node.hear({ type: "key-request", key: new Uint8Array() });
  for (const bytes of ["4d80", "0780", "07c1", ""]) {
    node.hearSwim({ type: "user", body: { bytes: Uint8Array.fromHex(bytes) } });
  }
  assertEquals(
    node.logs("WARN"),
    [7, 77, 7, 7].map((t) => `Received message of unknown type: ${t}`),
  );
  assertEquals(node.logs("ERR"), []);
});

Deno.test("a message that cannot be decoded is logged by its name", () => {
  const node = new SerfNetwork().start("self", blind);
  for (const type of [0, 1, 3, 4, 5, 9]) {
    node.hearSwim({ type: "user", body: { bytes: Uint8Array.of(type, 0xa0) } });
  }
  assertEquals(node.logs("ERR").map((line) => line.split(":")[0]), [
    "Error decoding leave message",
    "Error decoding join message",
    "Error decoding user event message",
    "Error decoding query message",
    "Error decoding query response message",
    "Error decoding relay header",
  ]);
});

Deno.test("every message is traced in the log, as in Serf", () => {
  const node = new SerfNetwork().start("self", blind);
  node.hear(...samples.slice(0, 5));
  assertEquals(node.logs("DEBUG"), [
    "messageJoinType: a",
    "messageLeaveType: a",
    "messageUserEventType: x",
    "messageQueryType: q",
    "messageQueryResponseType: a",
  ]);
});

Deno.test("log lines of SWIM pass through", () => {
  const node = new SerfNetwork().start("self", blind);
  node.hearSwim({ type: "ping", sequence: 1, node: "other" });
  const lines = node.all("log").map(({ text }) => text);
  assertEquals(lines.filter((line) => line.startsWith("memberlist: ")).length, 1);
});
