import { assert, assertEquals } from "@std/assert";
import type { Message, Ping } from "../../../lib/wire/messages/messages.ts";
import {
  addressOf,
  aliveOf,
  answer,
  fail,
  hear,
  hearFrom,
  type NodeOptions,
  type StartedNode,
  startNode,
  versions,
  viewOf,
} from "../hand_world.ts";

type Node = StartedNode;

/** A node whose pings are not answered, before it sends the first one. */
function silent(knows: readonly string[], options: NodeOptions = {}): Node {
  return startNode({ ...options, knows, peersAnswer: false });
}

/** Runs until the next ping is sent, and returns it with its receiver. Everything that was sent before is removed. */
function nextPing({ world }: Node): { readonly to: string; readonly ping: Ping } {
  world.takeSent();
  for (;;) {
    world.runUntil(() => world.sent.length > 0);
    for (const { to, message } of world.takeSent()) {
      if (message.type === "ping") return { to, ping: message };
    }
  }
}

function messagesOf({ world }: Node, type: Message["type"]): ReturnType<Node["world"]["takeSent"]> {
  return world.takeSent().filter(({ message }) => message.type === type);
}

/** Sends a nack from a helper. */
function nack({ swim }: Node, { sequence }: Ping, helper: string): void {
  hearFrom(`n${helper.match(/\d+(?=:)/)}`, swim, { type: "nack", sequence });
}

/** Fails the last stream that was opened, like a host on which no process listens. */
function refuse({ swim, world }: Node): void {
  const { id, to } = world.requests[world.requests.length - 1];
  fail(swim, id, `dial tcp ${to}: connect: connection refused`);
}

function indirectOf(node: Node): string[] {
  return messagesOf(node, "indirect-ping").map(({ to }) => to).sort();
}

Deno.test("each member is probed before any is probed twice, and we never probe ourselves", () => {
  const { world } = startNode({ knows: ["n1", "n2", "n3"] });
  world.run(3_000);
  const pings = world.takeSent().flatMap(({ message }) =>
    message.type === "ping" ? [message.node] : []
  );
  assertEquals(pings.sort(), ["n1", "n2", "n3"]);
});

Deno.test("dead and left nodes are not probed, suspects are", () => {
  const { swim, world } = startNode({ knows: ["n1", "n2", "n3", "n4", "n5", "n6"] });
  hear(swim, { type: "dead", node: "n1", incarnation: 1, from: "n3" });
  hear(swim, { type: "dead", node: "n2", incarnation: 1, from: "n2" });
  hear(swim, { type: "suspect", node: "n3", incarnation: 1, from: "n4" });
  world.run(3_900);
  const pings = world.takeSent().flatMap(({ message }) =>
    message.type === "ping" ? [message.node] : []
  );
  assertEquals([...new Set(pings)].sort(), ["n3", "n4", "n5", "n6"]);
});

Deno.test("an ack in time improves our health, and the round trip is reported", () => {
  const node = silent(["n1"]);
  const { swim, world } = node;
  hear(swim, { type: "suspect", node: "self", incarnation: 1, from: "n1" });
  assertEquals(swim.healthScore, 1);
  const { to, ping } = nextPing(node);
  assertEquals([to, ping.node, ping.source?.node], ["10.0.0.1:7946", "n1", "self"]);
  world.run(40);
  const payload = Uint8Array.of(1, 2);
  hear(swim, { type: "ack", sequence: ping.sequence, payload });
  assertEquals(swim.healthScore, 0);
  const [{ node: name, rttMs, payload: got }] = world.eventsOf("ping-ack");
  assertEquals([name, Math.round(rttMs), got], ["n1", 40, payload]);
  world.run(900);
  assertEquals(viewOf(swim, "n1"), "alive 1");
  assertEquals(world.log("DEBUG"), []);
});

Deno.test("an ack counts once, and one with another sequence number not at all", () => {
  const node = silent(["n1"]);
  const { ping } = nextPing(node);
  hear(node.swim, { type: "ack", sequence: ping.sequence + 1, payload: null });
  assertEquals(node.world.eventsOf("ping-ack"), []);
  hear(node.swim, { type: "ack", sequence: ping.sequence, payload: null });
  hear(node.swim, { type: "ack", sequence: ping.sequence, payload: null });
  assertEquals(node.world.eventsOf("ping-ack").length, 1);
});

Deno.test("the ping of a suspect carries the suspect message, and a checksum", () => {
  const node = silent(["n1", "n2", "n3"]);
  for (const name of ["n1", "n2", "n3"]) {
    hear(node.swim, { type: "suspect", node: name, incarnation: 1, from: "x" });
  }
  nextPingIsCompound(node);
});

function nextPingIsCompound({ world }: Node): void {
  for (;;) {
    world.runUntil(() => world.sent.length > 0);
    const packet = world.sent.shift()?.packet;
    const [ping, suspect] = packet?.messages ?? [];
    if (ping?.type !== "ping") continue;
    assertEquals(suspect, { type: "suspect", node: ping.node, incarnation: 1, from: "self" });
    assertEquals(packet?.messages.length, 2);
    assertEquals(packet?.crc, true);
    return;
  }
}

Deno.test("without the buddy system, the ping of a suspect is an ordinary one", () => {
  const node = silent(["n1"], { profile: { buddySystem: false } });
  hear(node.swim, { type: "suspect", node: "n1", incarnation: 1, from: "x" });
  node.world.run(1_900);
  const own = messagesOf(node, "suspect").filter(({ message }) =>
    message.type === "suspect" && message.from === "self"
  );
  assertEquals(own, []);
});

Deno.test("without stream probes, no stream is tried for a ping of our own or of others", () => {
  const node = silent(["n1", "n2"], { profile: { streamProbes: false } });
  const target = addressOf("n1");
  hear(node.swim, { type: "indirect-ping", sequence: 7, node: "n1", target, nack: true });
  node.world.run(2_000);
  assertEquals(node.world.requests, []);
  assertEquals(messagesOf(node, "nack").length, 1);
});

Deno.test("without an ack, indirect pings and a stream are tried, and then the node is suspect", () => {
  const node = silent(["n1", "n2", "n3", "n4", "n5", "n6"]);
  const { swim, world } = node;
  const { to, ping } = nextPing(node);
  world.run(499);
  assertEquals(indirectOf(node), []);
  world.run(1);
  const requests = messagesOf(node, "indirect-ping");
  assertEquals(requests.length, 3);
  for (const { to: helper, message } of requests) {
    assert(message.type === "indirect-ping");
    assert(helper !== to);
    assertEquals(message.sequence, ping.sequence);
    assertEquals([message.node, message.target.text, message.nack], [ping.node, to, true]);
  }
  const dialled = world.requests.map(({ to, exchange }) => [to.text, exchange]);
  assertEquals(dialled, [
    [to, { message: ping, timeoutMs: 875 }],
    [to, { message: ping, timeoutMs: 500 }],
  ]);
  assertEquals(viewOf(swim, ping.node), "alive 1");
  world.run(500);
  assertEquals(viewOf(swim, ping.node), "suspect 1");
  assertEquals(world.log("DEBUG"), [`memberlist: Failed UDP ping: ${ping.node} (timeout reached)`]);
  assertEquals(world.log("INFO"), [
    `memberlist: Suspect ${ping.node} has failed, no acks received`,
  ]);
});

Deno.test("an ack by way of a helper is a success, without a round trip to report", () => {
  const node = silent(["n1", "n2"]);
  const { swim, world } = node;
  const { ping } = nextPing(node);
  world.run(700);
  hear(swim, { type: "ack", sequence: ping.sequence, payload: null });
  world.run(300);
  assertEquals(viewOf(swim, ping.node), "alive 1");
  assertEquals(world.eventsOf("ping-ack"), []);
  assertEquals(swim.healthScore, 0);
});

Deno.test("a probe that used up its interval is followed by the next one at once", () => {
  const node = silent(["n1", "n2"]);
  const first = nextPing(node);
  const start = node.world.now;
  const second = nextPing(node);
  assertEquals(Math.round(node.world.now - start), 1_000);
  assert(second.ping.node !== first.ping.node);
});

Deno.test("missing nacks worsen our health score, nacks do not", () => {
  for (const [nacks, score] of [[0, 3], [1, 2], [3, 0]]) {
    const node = silent(["n1", "n2", "n3", "n4"]);
    const { ping } = nextPing(node);
    node.world.run(600);
    for (const helper of indirectOf(node).slice(0, nacks)) nack(node, ping, helper);
    node.world.run(400);
    assertEquals(node.swim.healthScore, score, `${nacks} nacks`);
    assertEquals(viewOf(node.swim, ping.node), "suspect 1");
  }
});

Deno.test("a nack that arrives twice counts once", () => {
  const node = silent(["n1", "n2", "n3", "n4"]);
  const { ping } = nextPing(node);
  node.world.run(600);
  const [helper] = indirectOf(node);
  for (let i = 0; i < 3; i++) nack(node, ping, helper);
  node.world.run(400);
  assertEquals(node.swim.healthScore, 2);
});

Deno.test("without helpers, every failed probe worsens our health score by one", () => {
  const node = silent(["n1"]);
  nextPing(node);
  node.world.run(1_000);
  assertEquals(node.swim.healthScore, 1);
});

Deno.test("nacks and stream pings are only sent to members whose protocol version has them", () => {
  const node = silent([]);
  for (const name of ["n1", "n2", "n3"]) {
    hear(node.swim, aliveOf(name, { versions: { ...versions, protocolMax: 2 } }));
  }
  nextPing(node);
  node.world.run(500);
  const nacks = messagesOf(node, "indirect-ping").map(({ message }) =>
    message.type === "indirect-ping" && message.nack
  );
  assertEquals(nacks, [false, false]);
  assertEquals(node.world.requests, []);
  node.world.run(500);
  assertEquals(node.swim.healthScore, 1);
});

Deno.test("a bad health score makes the probe longer, but not the wait for the direct ack", () => {
  const node = silent(["n1", "n2"]);
  for (const incarnation of [1, 2]) {
    hear(node.swim, { type: "suspect", node: "self", incarnation, from: "x" });
  }
  assertEquals(node.swim.healthScore, 2);
  const { ping } = nextPing(node);
  node.world.run(500);
  assertEquals(indirectOf(node).length, 1);
  assertEquals(node.world.requests.map(({ exchange }) => exchange.timeoutMs), [2_875, 2_500]);
  node.world.run(2_499);
  assertEquals(viewOf(node.swim, ping.node), "alive 1");
  node.world.run(1);
  assertEquals(viewOf(node.swim, ping.node), "suspect 1");
});

Deno.test("a member that answers only on the stream is not suspected when the probe ends", () => {
  const node = silent(["n1", "n2"]);
  const { swim, world } = node;
  hear(swim, { type: "suspect", node: "self", incarnation: 1, from: "x" });
  world.events.length = 0;
  const { ping } = nextPing(node);
  world.run(500);
  answer(swim, world.requests[0].id, { type: "ack", sequence: ping.sequence, payload: null });
  world.run(1_499);
  assertEquals([swim.healthScore, world.log("WARN").length], [1, 0]);
  world.run(1);
  assertEquals(world.log("WARN"), [
    `memberlist: Was able to connect to ${ping.node} over TCP but UDP probes failed, ` +
    "network may be misconfigured",
  ]);
  assertEquals(viewOf(swim, ping.node), "alive 1");
  assertEquals(swim.healthScore, 0);
});

Deno.test("a wrong answer on the stream is logged, a refused connection is not", () => {
  const outcomes: [(node: Node, ping: Ping) => void, string[]][] = [
    [
      ({ swim, world }, { sequence }) =>
        answer(swim, world.requests[0].id, { type: "ack", sequence: sequence + 1, payload: null }),
      ["memberlist: Failed fallback TCP ping: sequence number from ack (2) doesn't match ping (1)"],
    ],
    [
      ({ swim, world }) =>
        answer(swim, world.requests[0].id, { type: "err", error: "Decrypt failed" }),
      ["memberlist: Failed fallback TCP ping: unexpected msgType (err) from ping"],
    ],
    [({ swim, world }) => fail(swim, world.requests[0].id, "EOF"), [
      "memberlist: Failed fallback TCP ping: EOF",
    ]],
    [({ swim, world }) => fail(swim, world.requests[0].id, "read tcp A->B: i/o timeout"), [
      "memberlist: Failed fallback TCP ping: timeout 1s: read tcp A->B: i/o timeout",
    ]],
    [
      ({ swim, world }) =>
        fail(swim, world.requests[0].id, "dial tcp 10.0.0.1:7946: connect: connection refused"),
      [],
    ],
  ];
  for (const [happen, log] of outcomes) {
    const node = silent(["n1"]);
    const { ping } = nextPing(node);
    node.world.run(500);
    happen(node, ping);
    node.world.run(500);
    assertEquals(node.world.log("ERR"), log);
    assertEquals(viewOf(node.swim, "n1"), "suspect 1");
  }
});

Deno.test("a refused stream and nacks from all helpers end an eager probe", () => {
  const node = silent(["n1", "n2", "n3", "n4", "n5", "n6"]);
  const { swim, world } = node;
  const { ping } = nextPing(node);
  world.run(124);
  assertEquals(world.requests, []);
  world.run(1);
  refuse(node);
  const helpers = indirectOf(node);
  assertEquals(helpers.length, 3);
  world.run(100);
  nack(node, ping, helpers[0]);
  nack(node, ping, helpers[0]);
  nack(node, ping, helpers[1]);
  assertEquals(viewOf(swim, ping.node), "alive 1");
  nack(node, ping, helpers[2]);
  assertEquals(viewOf(swim, ping.node), "suspect 1");
  assertEquals(swim.healthScore, 0);
  assertEquals(world.log("DEBUG"), [
    `memberlist: Failed UDP ping: ${ping.node} (connection refused)`,
  ]);
  assertEquals(world.log("INFO"), [
    `memberlist: Suspect ${ping.node} has failed, no acks received`,
  ]);
});

Deno.test("without helpers, a refused stream ends an eager probe", () => {
  const node = silent(["n1"]);
  nextPing(node);
  node.world.run(125);
  refuse(node);
  assertEquals(viewOf(node.swim, "n1"), "suspect 1");
  assertEquals(node.swim.healthScore, 1);
});

Deno.test("nacks without a refusal, or a refusal without nacks from all helpers, do not shorten a probe", () => {
  const cases: ((node: Node, ping: Ping) => void)[] = [
    (node, ping) => {
      node.world.run(500);
      for (const helper of indirectOf(node)) nack(node, ping, helper);
    },
    (node, ping) => {
      node.world.run(125);
      refuse(node);
      for (const helper of indirectOf(node).slice(1)) nack(node, ping, helper);
    },
    (node, ping) => {
      node.world.run(125);
      refuse(node);
      for (const helper of indirectOf(node).slice(1)) nack(node, ping, helper);
      nack(node, ping, addressOf("n99").text);
    },
  ];
  for (const happen of cases) {
    const node = silent(["n1", "n2", "n3", "n4"]);
    const { ping } = nextPing(node);
    const end = node.world.now + 1_000;
    happen(node, ping);
    node.world.run(end - node.world.now - 1);
    assertEquals(viewOf(node.swim, ping.node), "alive 1");
    node.world.run(1);
    assertEquals(viewOf(node.swim, ping.node), "suspect 1");
  }
});

Deno.test("with helpers that send no nacks, a refused stream does not shorten a probe", () => {
  const node = silent([]);
  for (const name of ["n1", "n2", "n3"]) {
    hear(node.swim, aliveOf(name, { versions: { ...versions, protocolMax: 3 } }));
  }
  const { ping } = nextPing(node);
  node.world.run(125);
  refuse(node);
  node.world.run(800);
  assertEquals(viewOf(node.swim, ping.node), "alive 1");
});

Deno.test("after a refused stream, an ack or an answer on a second stream makes the probe a success", () => {
  const rescues: ((node: Node, ping: Ping) => void)[] = [
    ({ swim }, { sequence }) => hear(swim, { type: "ack", sequence, payload: null }),
    ({ swim, world }, { sequence }) =>
      answer(swim, world.requests[1].id, { type: "ack", sequence, payload: null }),
  ];
  for (const rescue of rescues) {
    const node = silent(["n1", "n2", "n3"]);
    const { ping } = nextPing(node);
    node.world.run(125);
    refuse(node);
    node.world.run(375);
    rescue(node, ping);
    node.world.run(490);
    assertEquals(viewOf(node.swim, ping.node), "alive 1");
    node.world.run(10);
    assertEquals(viewOf(node.swim, ping.node), "alive 1");
  }
});

Deno.test("a member that is a little slow is pinged on a stream, without indirect pings", () => {
  const node = silent(["n1", "n2", "n3"]);
  const { ping } = nextPing(node);
  node.world.run(400);
  assertEquals(node.world.requests.length, 1);
  assertEquals(indirectOf(node), []);
  hear(node.swim, { type: "ack", sequence: ping.sequence, payload: null });
  assertEquals(Math.round(node.world.eventsOf("ping-ack")[0].rttMs), 400);
});

Deno.test("without eager probes, a probe always takes its full time", () => {
  const node = silent(["n1", "n2", "n3"], { profile: { eagerProbes: false } });
  const { ping } = nextPing(node);
  node.world.run(499);
  assertEquals(node.world.requests, []);
  node.world.run(1);
  refuse(node);
  for (const helper of indirectOf(node)) nack(node, ping, helper);
  node.world.run(499);
  assertEquals(viewOf(node.swim, ping.node), "alive 1");
  node.world.run(1);
  assertEquals(viewOf(node.swim, ping.node), "suspect 1");
});

Deno.test("a probe during which this process stood still suspects nobody", () => {
  for (const before of [100, 700]) {
    const node = silent(["n1", "n2", "n3"]);
    const { swim, world } = node;
    const { ping } = nextPing(node);
    world.run(before);
    world.stall(5_000);
    world.run(0);
    assertEquals(viewOf(swim, ping.node), "alive 1");
    assertEquals(swim.healthScore, 4);
    assertEquals(world.log("INFO"), []);
  }
});

Deno.test("a slightly late timer changes nothing", () => {
  const node = silent(["n1"]);
  nextPing(node);
  node.world.run(400);
  node.world.stall(200);
  node.world.run(500);
  assertEquals(viewOf(node.swim, "n1"), "suspect 1");
  assertEquals(node.world.log("WARN"), []);
});

Deno.test("pings with our name or no name are answered at their source address", () => {
  const payload = Uint8Array.of(9);
  const node = startNode({ delegate: { ackPayload: () => payload } });
  const { swim } = node;
  hear(swim, { type: "ping", sequence: 5, node: "self" });
  hear(swim, { type: "ping", sequence: 6, node: "" });
  const source = { address: addressOf("n7"), node: "n7" };
  hear(swim, { type: "ping", sequence: 7, node: "self", source });
  const acks = messagesOf(node, "ack");
  assertEquals(acks.map(({ to }) => to), ["10.0.0.102:7946", "10.0.0.102:7946", "10.0.0.7:7946"]);
  assertEquals(acks.map(({ message }) => message), [
    { type: "ack", sequence: 5, payload },
    { type: "ack", sequence: 6, payload },
    { type: "ack", sequence: 7, payload },
  ]);
});

Deno.test("a datagram full of pings is answered once for each host that they claim to come from", () => {
  const { swim, world } = startNode();
  const pingFrom = (source: string): Message => ({
    type: "ping",
    sequence: 1,
    node: "self",
    source: { address: addressOf(source), node: source },
  });
  hear(swim, ...Array<Message>(253).fill(pingFrom("n1")), pingFrom("n2"), pingFrom("n2"));
  const acks = world.takeSent().filter(({ message }) => message.type === "ack");
  assertEquals(acks.map(({ to }) => to), [addressOf("n1").text, addressOf("n2").text]);
  hear(swim, pingFrom("n1"));
  assertEquals(world.takeSent().filter(({ message }) => message.type === "ack").length, 1);
});

Deno.test("pings with another name are not answered, on either transport", () => {
  const node = startNode();
  hear(node.swim, { type: "ping", sequence: 5, node: "other" });
  assertEquals(messagesOf(node, "ack"), []);
  const ping = { type: "ping", sequence: 5, node: "other" } as const;
  assertEquals(node.swim.accept(addressOf("n1"), ping), null);
  // memberlist quotes the name in the one line and not in the other.
  assertEquals(node.world.log("WARN"), [
    "memberlist: Got ping for unexpected node 'other' from=10.0.0.102:7946",
    "memberlist: Got ping for unexpected node other from=10.0.0.1:7946",
  ]);
});

Deno.test("a ping on a stream is answered without a payload", () => {
  const { swim } = startNode({ delegate: { ackPayload: () => Uint8Array.of(9) } });
  const ping = { type: "ping", sequence: 5, node: "self" } as const;
  assertEquals(swim.accept(addressOf("n1"), ping), { type: "ack", sequence: 5, payload: null });
});
