import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Address } from "../../../lib/base/address.ts";
import type { Message } from "../../../lib/wire/messages/messages.ts";
import type { Profile } from "../../../lib/swim/config.ts";
import {
  addressOf,
  aliveOf,
  claimOf,
  exchange,
  hear,
  type StartedNode,
  startNode,
  versions,
  viewOf,
} from "../hand_world.ts";

/** The messages that are gossiped next, each once. */
function gossipOf({ swim, world }: StartedNode): Message[] {
  world.takeSent();
  world.runUntil(() => world.sent.length > 0);
  assert(swim.aliveCount > 0);
  return [...new Set(world.takeSent().map(({ message }) => message))];
}

Deno.test("a node that starts knows itself as alive, with incarnation 1", () => {
  const { swim } = startNode({ meta: Uint8Array.of(7) });
  assertEquals(viewOf(swim, "self"), "alive 1");
  assertEquals(swim.claim("self")?.meta, Uint8Array.of(7));
  assertEquals([swim.size, swim.aliveCount, swim.healthScore], [1, 1, 0]);
});

Deno.test("an alive message about a new node is an event and is gossiped unchanged", () => {
  const node = startNode();
  const message = aliveOf("n1");
  hear(node.swim, message);
  assertEquals(node.world.eventsOf("node-join").map((e) => e.claim.node), ["n1"]);
  const claims = gossipOf(node).flatMap((m) => m.type === "alive" ? [m.claim] : []);
  assert(message.type === "alive");
  assert(claims.includes(message.claim));
  assertStrictEquals(node.swim.claim("n1"), message.claim);
});

Deno.test("preloaded nodes are events and are not gossiped", () => {
  const node = startNode({ knows: ["n1"] });
  const { swim, world } = node;
  world.run(10_000);
  world.events.length = 0;
  world.takeSent();
  swim.preload([claimOf("n1", { incarnation: 5 }), claimOf("n2"), claimOf("n3")]);
  assertEquals(world.eventsOf("node-join").map((e) => e.claim.node), ["n2", "n3"]);
  assertEquals(viewOf(swim, "n1"), "alive 1");
  world.run(1_000);
  assertEquals(world.takeSent().filter(({ message }) => message.type === "alive"), []);
});

Deno.test("new meta is an update event, a new incarnation alone is none", () => {
  const { swim, world } = startNode({ knows: ["n1"] });
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  assertEquals(world.events, []);
  hear(swim, aliveOf("n1", { incarnation: 3, meta: Uint8Array.of(1) }));
  assertEquals(world.eventsOf("node-update").map((e) => e.claim.incarnation), [3]);
});

Deno.test("the death, leave and return of a node are events", () => {
  const { swim, world } = startNode({ knows: ["n1", "n2"] });
  hear(swim, { type: "dead", node: "n1", incarnation: 1, from: "n2" });
  hear(swim, { type: "dead", node: "n2", incarnation: 1, from: "n2" });
  assertEquals(world.eventsOf("node-leave").map((e) => e.claim.state), ["dead", "left"]);
  assertEquals([swim.size, swim.aliveCount], [3, 1]);
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  hear(swim, aliveOf("n2", { incarnation: 2 }));
  assertEquals(world.eventsOf("node-join").map((e) => e.claim.node), ["n1", "n2"]);
  assertEquals([swim.size, swim.aliveCount], [3, 3]);
});

Deno.test("suspect and dead messages about unknown nodes are ignored", () => {
  const { swim, world } = startNode();
  hear(swim, { type: "suspect", node: "x", incarnation: 1, from: "n1" });
  hear(swim, { type: "dead", node: "x", incarnation: 1, from: "n1" });
  assertEquals(swim.claim("x"), undefined);
  assertEquals(world.events, []);
});

Deno.test("port 0 stands for our own port, and an alive message without versions keeps the known ones", () => {
  const { swim } = startNode();
  const { ip } = addressOf("n1");
  hear(swim, aliveOf("n1", { address: new Address(ip, 0) }));
  assertEquals(swim.claim("n1")?.address.port, 7946);
  hear(swim, aliveOf("n1", { incarnation: 2, versions: null }));
  assertEquals(swim.claim("n1")?.versions, versions);
  hear(swim, aliveOf("n2", { versions: null }));
  assertEquals(swim.claim("n2")?.versions, null);
});

Deno.test("in a small cluster, a suspect is declared dead after the minimum timeout", () => {
  const { swim, world } = startNode({ knows: ["n1", "n2"] });
  hear(swim, { type: "suspect", node: "n1", incarnation: 1, from: "n2" });
  assertEquals(viewOf(swim, "n1"), "suspect 1");
  assertEquals(swim.aliveCount, 3);
  world.run(3_999);
  assertEquals(viewOf(swim, "n1"), "suspect 1");
  world.run(1);
  assertEquals(viewOf(swim, "n1"), "dead 1");
  assertEquals(world.log("INFO"), [
    "memberlist: Marking n1 as failed, suspect timeout reached (0 peer confirmations)",
  ]);
});

/** How long a node of 10 stays suspect when so many others confirm it after two seconds. */
function suspectedFor(confirmations: number, profile: Partial<Profile> = {}): number {
  const names = Array.from({ length: 9 }, (_, i) => `n${i + 1}`);
  const { swim, world } = startNode({ knows: names, profile });
  const start = world.now;
  hear(swim, { type: "suspect", node: "n1", incarnation: 1, from: "n2" });
  world.run(2_000);
  for (const from of ["n2", ...names.slice(2, 2 + confirmations)]) {
    hear(swim, { type: "suspect", node: "n1", incarnation: 1, from });
  }
  world.runUntil(() => viewOf(swim, "n1") === "dead 1");
  return Math.round(world.now - start);
}

Deno.test("the more members confirm a suspicion, the sooner it ends", () => {
  assertEquals([0, 1, 2, 3].map((n) => suspectedFor(n)), [24_000, 11_381, 4_000, 4_000]);
});

Deno.test("a constant timeout expects no confirmations", () => {
  const profile = { suspicionMaxTimeoutMult: 1 };
  assertEquals([0, 3].map((n) => suspectedFor(n, profile)), [4_000, 4_000]);
});

Deno.test("a confirmation ends a suspicion at once if the shortened timeout is over already", () => {
  const { swim, world } = startNode({ knows: ["n1", "n2", "n3", "n4", "n5"] });
  hear(swim, { type: "suspect", node: "n1", incarnation: 1, from: "n2" });
  world.run(8_000);
  for (const from of ["n3", "n4"]) {
    hear(swim, { type: "suspect", node: "n1", incarnation: 1, from });
  }
  world.run(0);
  assertEquals(viewOf(swim, "n1"), "dead 1");
  assertEquals(world.log("INFO").length, 1);
});

Deno.test("a new confirmation is gossiped, a repeated one is not", () => {
  const node = startNode({ knows: ["n1", "n2", "n3", "n4", "n5"], profile: { retransmitMult: 0 } });
  const { swim, world } = node;
  hear(swim, { type: "suspect", node: "n1", incarnation: 1, from: "n2" });
  world.run(1_000);
  const confirmation = { type: "suspect", node: "n1", incarnation: 1, from: "n3" } as const;
  hear(swim, confirmation);
  assert(gossipOf(node).includes(confirmation));
  world.run(1_000);
  hear(swim, { ...confirmation });
  world.takeSent();
  world.run(1_000);
  const repeated = world.takeSent().filter(({ message }) =>
    message.type === "suspect" && message.from === "n3"
  );
  assertEquals(repeated, []);
});

Deno.test("a suspect that refutes is alive, and its suspicion is cancelled", () => {
  const { swim, world } = startNode({ knows: ["n1", "n2"] });
  hear(swim, { type: "suspect", node: "n1", incarnation: 1, from: "n2" });
  world.run(3_000);
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  world.run(30_000);
  assertEquals(viewOf(swim, "n1"), "alive 2");
});

Deno.test("a node that is suspected again has the full timeout again", () => {
  const { swim, world } = startNode({ knows: ["n1", "n2"] });
  hear(swim, { type: "suspect", node: "n1", incarnation: 1, from: "n2" });
  world.run(3_000);
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  world.run(900);
  hear(swim, { type: "suspect", node: "n1", incarnation: 2, from: "n2" });
  // The first suspicion would have ended now; the second has its full time.
  world.run(3_000);
  assertEquals(viewOf(swim, "n1"), "suspect 2");
  world.run(1_000);
  assertEquals(viewOf(swim, "n1"), "dead 2");
});

Deno.test("suspect and dead messages about us are refuted with a higher incarnation", () => {
  const node = startNode({ knows: ["n1"] });
  const { swim, world } = node;
  hear(swim, { type: "suspect", node: "self", incarnation: 1, from: "n1" });
  assertEquals(viewOf(swim, "self"), "alive 2");
  hear(swim, { type: "dead", node: "self", incarnation: 9, from: "n2" });
  assertEquals(viewOf(swim, "self"), "alive 10");
  assertEquals(swim.healthScore, 2);
  assertEquals(world.log("WARN"), [
    "memberlist: Refuting a suspect message (from: n1)",
    "memberlist: Refuting a dead message (from: n2)",
  ]);
  assert(
    gossipOf(node).some((m) =>
      m.type === "alive" && m.claim.node === "self" && m.claim.incarnation === 10
    ),
  );
});

Deno.test("suspect messages with an old incarnation are not refuted", () => {
  const { swim } = startNode();
  hear(swim, { type: "suspect", node: "self", incarnation: 1, from: "n1" });
  hear(swim, { type: "suspect", node: "self", incarnation: 1, from: "n2" });
  assertEquals(viewOf(swim, "self"), "alive 2");
  assertEquals(swim.healthScore, 1);
});

Deno.test("an alive message from our previous run is refuted, and we keep our meta", () => {
  const { swim, world } = startNode({ meta: Uint8Array.of(1) });
  hear(swim, aliveOf("self", { incarnation: 7, meta: Uint8Array.of(2, 3) }));
  assertEquals(viewOf(swim, "self"), "alive 8");
  assertEquals(swim.claim("self")?.meta, Uint8Array.of(1));
  assertEquals(world.log("WARN"), [
    "memberlist: Refuting an alive message for 'self' (10.0.0.115:7946) meta:([2 3] VS [1]), " +
    "vsn:([1 5 2 2 5 5] VS [1 5 2 2 5 5])",
  ]);
});

Deno.test("an incarnation stays within 32 bits", () => {
  const { swim } = startNode();
  hear(swim, { type: "suspect", node: "self", incarnation: 0xffff_ffff, from: "n1" });
  assertEquals(viewOf(swim, "self"), `alive ${0xffff_ffff}`);
});

Deno.test("a known name at another address is a conflict", () => {
  const { swim, world } = startNode({ knows: ["n1"] });
  hear(swim, aliveOf("n1", { incarnation: 5, address: addressOf("n9") }));
  assertEquals(viewOf(swim, "n1"), "alive 1");
  const [conflict] = world.eventsOf("conflict");
  assertEquals(conflict.known.address.text, "10.0.0.1:7946");
  assertEquals(conflict.claimed.address.text, "10.0.0.9:7946");
  assertEquals(world.log("ERR"), [
    "memberlist: Conflicting address for n1. Mine: 10.0.0.1:7946 Theirs: 10.0.0.9:7946 Old state: 0",
  ]);
});

Deno.test("another node with our name is a conflict and is not refuted", () => {
  const { swim, world } = startNode();
  hear(swim, aliveOf("self", { incarnation: 5, address: addressOf("n9") }));
  assertEquals(world.eventsOf("conflict").map((e) => e.known.node), ["self"]);
  assertEquals(viewOf(swim, "self"), "alive 1");
});

Deno.test("an IPv4 address and its IPv6-mapped form are two addresses", () => {
  const { swim, world } = startNode({ knows: ["n1"] });
  const mapped = Uint8Array.of(...new Array(10).fill(0), 255, 255, ...addressOf("n1").ip);
  hear(swim, aliveOf("n1", { incarnation: 2, address: new Address(mapped, 7946) }));
  assertEquals(world.eventsOf("conflict").length, 1);
});

Deno.test("a node that has left may return at another address, with any incarnation", () => {
  const { swim, world } = startNode({ knows: ["n1"] });
  hear(swim, { type: "dead", node: "n1", incarnation: 8, from: "n1" });
  hear(swim, aliveOf("n1", { incarnation: 1, address: addressOf("n9") }));
  assertEquals(viewOf(swim, "n1"), "alive 1");
  assertEquals(swim.claim("n1")?.address.text, "10.0.0.9:7946");
  assertEquals(world.log("INFO"), [
    "memberlist: Updating address for left or failed node n1 from 10.0.0.1:7946 to 10.0.0.9:7946",
  ]);
});

Deno.test("an alive message with impossible versions is logged and ignored", () => {
  const { swim, world } = startNode();
  hear(swim, aliveOf("n1", { versions: { ...versions, protocolMin: 6 } }));
  assertEquals(swim.claim("n1"), undefined);
  assertEquals(world.log("WARN"), [
    "memberlist: Ignoring an alive message for 'n1' (10.0.0.1:7946) because protocol version(s) " +
    "are wrong: 6 <= 2 <= 5 should be >0",
  ]);
});

Deno.test("an update raises the incarnation, and is done when the retransmit limit is reached", () => {
  const { swim, world } = startNode({ knows: ["n1", "n2", "n3"] });
  world.run(5_000);
  world.takeSent();
  world.events.length = 0;
  const meta = Uint8Array.of(1, 2);
  swim.update(meta, { id: 4, timeoutMs: 5_000 });
  assertEquals(viewOf(swim, "self"), "alive 2");
  assertEquals(world.eventsOf("node-update").map((e) => e.claim.meta), [meta]);
  assertEquals(world.eventsOf("done"), []);
  world.runUntil(() => world.eventsOf("done").length > 0);
  assertEquals(world.eventsOf("done"), [{ type: "done", id: 4, error: undefined }]);
  const copies = world.takeSent().filter(({ message }) =>
    message.type === "alive" && message.claim.node === "self"
  );
  assertEquals(copies.length, 4);
  world.run(10_000);
  assertEquals(world.eventsOf("done").length, 1);
});

Deno.test("an update that takes too long ends in an error", () => {
  const { swim, world } = startNode({ knows: ["n1"] });
  swim.update(null, { id: 4, timeoutMs: 5 });
  world.run(5);
  const error = "timeout waiting for update broadcast";
  assertEquals(world.eventsOf("done"), [{ type: "done", id: 4, error }]);
});

Deno.test("operations of a node that is alone are done at once", () => {
  const { swim, world } = startNode();
  swim.update(Uint8Array.of(1), { id: 1, timeoutMs: 5_000 });
  swim.leave({ id: 2, timeoutMs: 5_000 });
  assertEquals(world.eventsOf("done"), []);
  world.run(0);
  assertEquals(world.eventsOf("done").map((e) => [e.id, e.error]), [[1, undefined], [
    2,
    undefined,
  ]]);
});

Deno.test("a leave is a dead message from the node itself, and is done when the retransmit limit is reached", () => {
  const { swim, world } = startNode({ knows: ["n1", "n2", "n3"] });
  world.run(5_000);
  world.takeSent();
  swim.leave({ id: 9, timeoutMs: 5_000 });
  assertEquals(viewOf(swim, "self"), "left 1");
  assertEquals(world.eventsOf("node-leave").map((e) => e.claim.node), ["self"]);
  world.runUntil(() => world.eventsOf("done").length > 0);
  assertEquals(world.eventsOf("done"), [{ type: "done", id: 9, error: undefined }]);
  const copies = world.takeSent().filter(({ message }) => message.type === "dead");
  assertEquals(copies.map(({ message }) => message).at(0), {
    type: "dead",
    node: "self",
    incarnation: 1,
    from: "self",
  });
  assertEquals(copies.length, 4);
});

Deno.test("a node that has left neither refutes nor becomes alive again, but answers pings", () => {
  const { swim, world } = startNode({ knows: ["n1"] });
  swim.leave({ id: 1, timeoutMs: 5_000 });
  hear(swim, { type: "suspect", node: "self", incarnation: 1, from: "n1" });
  hear(swim, aliveOf("self", { incarnation: 3 }));
  assertEquals(viewOf(swim, "self"), "left 1");
  world.run(5_000);
  world.takeSent();
  hear(swim, { type: "ping", sequence: 3, node: "self" });
  assertEquals(world.takeSent().map(({ message }) => message.type), ["ack"]);
});

Deno.test("a second leave is done at once", () => {
  const { swim, world } = startNode({ knows: ["n1"] });
  swim.leave({ id: 1, timeoutMs: 5 });
  swim.leave({ id: 2, timeoutMs: 5 });
  world.run(5);
  const error = "timeout waiting for leave broadcast";
  assertEquals(world.eventsOf("done").map((e) => [e.id, e.error]), [[2, undefined], [1, error]]);
});

Deno.test("equal states that are derived from one claim are one object", () => {
  const claim = claimOf("n1");
  const [a, b] = [startNode(), startNode()];
  for (const { swim } of [a, b]) {
    hear(swim, { type: "alive", claim });
    hear(swim, { type: "dead", node: "n1", incarnation: 1, from: "n2" });
  }
  assertStrictEquals(a.swim.claim("n1"), b.swim.claim("n1"));
  const c = startNode();
  hear(c.swim, { type: "alive", claim });
  hear(c.swim, { type: "dead", node: "n1", incarnation: 3, from: "n2" });
  assertEquals([viewOf(a.swim, "n1"), viewOf(c.swim, "n1")], ["dead 1", "dead 3"]);
});

Deno.test("nodes with names or meta beyond the limits are not taken in, and logged once", () => {
  const node = startNode();
  const { swim, world } = node;
  const longest = claimOf("n".repeat(512), { meta: new Uint8Array(512), address: addressOf("n9") });
  hear(swim, { type: "alive", claim: longest });
  assertEquals(swim.size, 2);
  hear(swim, aliveOf("n".repeat(513)));
  hear(swim, aliveOf("n1", { meta: new Uint8Array(513) }));
  const nodes = [claimOf("n2", { meta: new Uint8Array(38 * 1024 * 1024) }), claimOf("n3")];
  exchange(node, "n1", { type: "push-pull", join: true, nodes, userState: null });
  assertEquals([viewOf(swim, "n3"), swim.size], ["alive 1", 3]);
  const warnings = world.eventsOf("log").filter(({ level }) => level === "WARN");
  assertEquals(warnings.map(({ text }) => text), [
    `memberlist: Ignoring an alive message for '${"n".repeat(64)}' (${
      addressOf("n").text
    }) because of its ` +
    "size: a name of 513 characters and 0 bytes of meta, at most 512 and 512 are allowed",
  ]);
});

Deno.test("what is said of a node by somebody with too long a name is ignored", () => {
  const { swim } = startNode({ knows: ["n1"] });
  const from = "x".repeat(513);
  hear(swim, { type: "suspect", node: "n1", incarnation: 1, from });
  hear(swim, { type: "dead", node: "n1", incarnation: 1, from });
  assertEquals(viewOf(swim, "n1"), "alive 1");
});
