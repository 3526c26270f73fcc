import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { encodeMessage, messageLength } from "../../../lib/wire/messages/message_codec.ts";
import { NodeList } from "../../../lib/swim/state/node_list.ts";
import type { Opaque, Source } from "../../../lib/wire/messages/messages.ts";
import {
  addressOf,
  aliveOf,
  claimOf,
  HandWorld,
  hear,
  type NodeOptions,
  type Sent,
  type StartedNode,
  startNode,
  userMessage,
  versions,
} from "../hand_world.ts";
import { SwimNetwork } from "../swim_network.ts";

const names = Array.from({ length: 20 }, (_, i) => `n${i + 1}`);

/** A node that has sent all its broadcasts, and does not probe. */
function quiet(options: NodeOptions = {}): StartedNode {
  const profile = { ...options.profile, probeIntervalMs: 1e9 };
  const node = startNode({ knows: names, ...options, profile });
  // In a pair, what it says of itself would wait for pings.
  node.swim.wake();
  node.world.run(10_000);
  node.world.sent.length = 0;
  node.world.events.length = 0;
  return node;
}

/** Queues news that counts as an event does. */
function tell({ swim }: StartedNode, node: string, incarnation: number): void {
  hear(swim, aliveOf(node, { incarnation }));
  swim.wake("event");
}

/** The bytes of the messages, and of the compound message around them. */
function plainLength({ packet: { messages } }: Sent): number {
  const lengths = messages.map(messageLength);
  const sum = lengths.reduce((total, length) => total + length, 0);
  return messages.length === 1 ? sum : sum + 2 + 2 * messages.length;
}

Deno.test("a broadcast is sent to three members at once, to three 10 ms later, and the rest a tick later", () => {
  const { swim, world } = quiet();
  const start = world.now;
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  assertEquals(world.sent, []);
  world.run(1_000);
  const times = world.sent.map(({ at }) => at - start);
  assertEquals(times.slice(0, 6), [0, 0, 0, 10, 10, 10]);
  assertEquals(times.slice(6), [210, 210]);
});

Deno.test("in a pair, two copies go at once, and the others with pings and acks or after a second", () => {
  const node = quiet({ knows: ["n1"] });
  const { swim, world } = node;
  const start = world.now;
  tell(node, "n1", 2);
  world.run(500);
  assertEquals(world.sent.map(({ at }) => at - start), [0, 0]);
  world.sent.length = 0;
  const source = { address: addressOf("n1"), node: "n1" };
  hear(swim, { type: "ping", sequence: 1, node: "self", source });
  assertEquals(world.sent.map(({ packet }) => packet.messages.map(({ type }) => type)), [
    ["ack", "alive"],
  ]);
  world.sent.length = 0;
  world.run(2_000);
  assertEquals(world.sent.map(({ at }) => at - start), [1_000]);
});

Deno.test("in a pair, news of members waits for pings and acks, until there is something else", () => {
  const { swim, world } = quiet({ knows: ["n1"] });
  const subjects = () =>
    world.sent.splice(0).map(({ packet: { messages } }) =>
      messages.map((message) => message.type === "alive" ? message.claim.node : message.type)
    );
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  world.run(5_000);
  assertEquals(subjects(), []);
  const source = { address: addressOf("n1"), node: "n1" };
  hear(swim, { type: "ping", sequence: 1, node: "self", source });
  assertEquals(subjects(), [["ack", "n1"]]);
  hear(swim, aliveOf("n2"));
  world.run(0);
  assertEquals(subjects(), [["n2", "n1"], ["n2", "n1"], ["n2", "n1"], ["n2"]]);
});

Deno.test("in a pair, a refutation is sent at once", () => {
  const { swim, world } = quiet({ knows: ["n1"] });
  swim.accept(addressOf("n1"), {
    type: "push-pull",
    join: false,
    nodes: [claimOf("self", { state: "suspect" }), claimOf("n1")],
    userState: null,
  });
  world.run(0);
  const [{ to, packet: { messages } }] = world.sent;
  assertEquals(to, addressOf("n1"));
  assert(messages[0].type === "alive" && messages[0].claim.node === "self");
});

Deno.test("in a pair, what somebody waits for is sent without waiting for pings", () => {
  const { swim, world } = quiet({ knows: ["n1"] });
  const start = world.now;
  swim.update(new Uint8Array(), { id: 1, timeoutMs: 5_000 });
  world.run(500);
  assertEquals(world.sent.map(({ at }) => at - start), [0, 10, 20, 30]);
});

Deno.test("events go out at once while retransmits wait for the budget", () => {
  const node = quiet();
  const { world } = node;
  tell(node, "n1", 2);
  world.run(20);
  world.sent.length = 0;
  for (const incarnation of [3, 4]) {
    tell(node, "n2", incarnation);
    world.run(20);
  }
  // Two packets each: the third would leave less than retransmits do.
  assertEquals(world.sent.length, 4);
  for (const { packet } of world.sent) assertEquals(packet.messages[0].type, "alive");
});

Deno.test("the less budget there is, the fewer members are told of an event at once", () => {
  const node = quiet();
  const told = Array.from({ length: 8 }, (_, i) => {
    node.world.sent.length = 0;
    tell(node, "n1", 2 + i);
    node.world.run(9);
    return node.world.sent.length;
  });
  assertEquals(told, [3, 3, 2, 2, 1, 1, 0, 1]);
});

Deno.test("news of members leaves a fan-out for events", () => {
  const node = quiet();
  const { swim, world } = node;
  for (let incarnation = 2; incarnation < 40; incarnation++) {
    hear(swim, aliveOf("n1", { incarnation }));
    world.run(9);
  }
  const told = [40, 41, 42].map((incarnation) => {
    world.sent.length = 0;
    tell(node, "n1", incarnation);
    world.run(9);
    return world.sent.length;
  });
  assertEquals(told, [1, 1, 1]);
});

Deno.test("urgent broadcasts overdraw the budget by two fan-outs, and no more", () => {
  const node = quiet();
  const { swim, world } = node;
  for (let incarnation = 2; incarnation < 40; incarnation++) {
    tell(node, "n1", incarnation);
    world.run(20);
  }
  const packets = [1, 2, 3, 4, 5].map((number) => {
    world.sent.length = 0;
    hear(swim, { type: "suspect", node: `n${number}`, incarnation: 50, from: "n9" });
    world.run(20);
    return world.sent.length;
  });
  assertEquals(packets.slice(0, 2), [3, 3]);
  assertLessOrEqual(packets.reduce((sum, count) => sum + count), 8);
});

Deno.test("a fan-out starts with our successor, which is then skipped once", () => {
  const { swim, world } = quiet({ knows: ["a", "t", "z"], profile: { gossipNodes: 1 } });
  hear(swim, aliveOf("a", { incarnation: 2 }));
  world.run(1_000);
  const [first, ...others] = world.sent.map(({ to }) => to.text);
  assertEquals(first, addressOf("t").text);
  assertEquals(new Set(others.slice(0, 2)), new Set([addressOf("a").text, addressOf("z").text]));
});

/** Whom the packets went to, in order. */
function receivers({ world }: StartedNode): (string | undefined)[] {
  return world.sent.map(({ to }) => names.find((name) => addressOf(name).text === to.text));
}

/** The neighbours of a node that knows all names. */
function neighbours(): string[] {
  const nodes = new NodeList("self", { world: new HandWorld(), gossipToTheDeadMs: 0 });
  for (const name of ["self", ...names]) nodes.put(claimOf(name));
  return [...nodes.neighbours];
}

Deno.test("a single event goes to all neighbours before anybody else", () => {
  const node = quiet();
  tell(node, "n1", 2);
  node.world.run(1_000);
  const expected = neighbours();
  assertGreater(expected.length, 4);
  assertEquals(receivers(node).slice(0, expected.length), expected);
});

Deno.test("news of members goes to the successor, and then to members in turn", () => {
  const starts = [1, 2].map((seed) => {
    const node = quiet({ seed });
    hear(node.swim, aliveOf("n1", { incarnation: 2 }));
    node.world.run(100);
    return receivers(node).slice(0, 6);
  });
  for (const start of starts) assertEquals(start[0], neighbours()[0]);
  assert(starts[0].join() !== starts[1].join());
});

Deno.test("events that follow each other closely begin with the successor, and go to others in turn", () => {
  const node = quiet();
  const { world } = node;
  const firsts: (string | undefined)[][] = [];
  for (let i = 0; i < 4; i++) {
    world.sent.length = 0;
    tell(node, "n1", 2 + i);
    world.run(100);
    firsts.push(receivers(node).slice(0, 3));
  }
  const [along, ...inTurn] = firsts;
  assertEquals(along, neighbours().slice(0, 3));
  const [successor] = along;
  for (const peers of inTurn.slice(0, 2)) assertEquals(peers[0], successor);
  assert(inTurn[0].join() !== inTurn[1].join());
});

Deno.test("without eager gossip, everything is sent on ticks", () => {
  const { swim, world } = quiet({ profile: { eagerGossip: false } });
  const start = world.now;
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  world.run(1_000);
  const times = [...new Set(world.sent.map(({ at }) => at))];
  assertEquals(world.sent.length, 8);
  assertEquals(times.length, 3);
  assert(times[0] - start <= 200);
  for (const [i, at] of times.entries()) assertEquals(Math.round(at - times[0]), i * 200);
});

Deno.test("a message goes to another member each time", () => {
  const { swim, world } = quiet();
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  world.run(1_000);
  assertEquals(new Set(world.sent.map(({ to }) => to.text)).size, 8);
});

Deno.test("broadcasts that are queued together share packets, and fan-outs are 10 ms apart", () => {
  const { swim, world } = quiet();
  const start = world.now;
  for (let i = 0; i < 30; i++) {
    hear(swim, aliveOf("n1", { incarnation: 2 + i }));
    hear(swim, aliveOf("n2", { incarnation: 2 + i }));
    world.run(1);
  }
  const times = [...new Set(world.sent.map(({ at }) => at - start))];
  assertEquals(times, [0, 10, 20]);
  assertEquals(world.sent[0].packet.messages.length, 2);
});

Deno.test("a stream of broadcasts takes fewer packets than ticks would", () => {
  const { swim, world } = quiet();
  for (let i = 0; i < 1_000; i++) {
    hear(swim, aliveOf("n1", { incarnation: 2 + i }));
    world.run(20);
  }
  const ticks = 20 * 5;
  assertLessOrEqual(world.sent.length, 3 * ticks * 0.75 + 12 + 20);
  assert(world.sent.length > 3 * ticks * 0.75);
});

Deno.test("a datagram makes a node send what is due soon, within the budget of then", () => {
  const { swim, world } = quiet();
  for (let i = 0; i < 4; i++) {
    hear(swim, aliveOf("n1", { incarnation: 2 + i }));
    world.run(20);
  }
  const begun = world.now;
  world.sent.length = 0;
  const heard: number[] = [];
  for (let ms = 0; ms < 2_000; ms += 5) {
    if (ms % 25 === 0) {
      hear(swim, aliveOf("n1", { incarnation: 10 + ms }));
      heard.push(world.now);
    }
    world.run(5);
  }
  const atDatagrams = world.sent.filter(({ at }) => heard.includes(at));
  assertGreater(atDatagrams.length, 0.9 * world.sent.length);
  // Three quarters of three packets per tick; a packet or two are left of the start, and one is lent.
  assertLessOrEqual(world.sent.length, (world.now - begun) / 200 * 3 * 0.75 + 3);
});

Deno.test("full packets need no budget, and are sent every 3 ms", () => {
  const { swim, world } = quiet();
  const start = world.now;
  for (let round = 2; round < 5; round++) {
    hear(
      swim,
      ...names.map((node) => aliveOf(node, { incarnation: round, meta: new Uint8Array(200) })),
    );
    world.run(30);
  }
  const rounds = Map.groupBy(world.sent, ({ at }) => at - start);
  assert(world.sent.length > 36);
  for (const [i, at] of [...rounds.keys()].slice(0, 5).entries()) assertEquals(at, 3 * i);
});

Deno.test("without eager gossip, broadcasts that come between two ticks cause no second tick", () => {
  const { swim, world } = quiet({ profile: { retransmitMult: 20, eagerGossip: false } });
  for (const incarnation of [2, 3, 4]) {
    hear(swim, aliveOf("n1", { incarnation }));
    world.run(32);
  }
  world.run(2_000);
  const rounds = Map.groupBy(world.sent, ({ at }) => at);
  assert(rounds.size >= 10);
  for (const packets of rounds.values()) assertEquals(packets.length, 3);
});

Deno.test("a node that drains does not wait for the budget", () => {
  const { swim, world } = quiet({ profile: { retransmitMult: 20 } });
  const start = world.now;
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  swim.drain();
  world.run(1_000);
  assertEquals(world.sent.length, 40);
  assertEquals(Math.max(...world.sent.map(({ at }) => at - start)), 130);
});

Deno.test("when the delegate has nothing for any member, it is not asked often", () => {
  let turns = 0;
  const delegate = { waitingBytes: () => 10, broadcasts: () => (turns++, []) };
  const { swim, world } = quiet({ knows: ["n1", "n2"], delegate });
  turns = 0;
  swim.wake();
  world.run(2_000);
  assertEquals(world.sent, []);
  assertLessOrEqual(turns, 3 * 11);
});

Deno.test("an idle node sets no gossip timer", () => {
  const { world } = quiet();
  let calls = 0;
  const handle = world.machine.handle.bind(world.machine);
  world.machine.handle = (timer) => {
    if (timer.type === "gossip") calls++;
    handle(timer);
  };
  world.run(60_000);
  assertEquals(calls, 0);
});

Deno.test("a node that is alone keeps its broadcasts until there is another", () => {
  const { swim, world } = quiet({ knows: [] });
  swim.wake();
  world.run(1_000);
  assertEquals(world.sent, []);
  hear(swim, aliveOf("n1"));
  world.run(0);
  const [{ packet }] = world.sent;
  const subjects = packet.messages.map((m) => m.type === "alive" ? m.claim.node : m.type);
  assertEquals(subjects.sort(), ["n1", "self"]);
});

Deno.test("gossip goes to nodes that are alive, suspect or recently dead, not to those that left", () => {
  const { swim, world } = quiet({ knows: ["n1", "n2", "n3", "n4"] });
  hear(swim, { type: "dead", node: "n1", incarnation: 1, from: "n4" });
  hear(swim, { type: "dead", node: "n2", incarnation: 1, from: "n2" });
  hear(swim, { type: "suspect", node: "n3", incarnation: 1, from: "n4" });
  const receivers = () => {
    world.sent.length = 0;
    world.run(1_000);
    return [...new Set(world.sent.map(({ to }) => to.text))].sort();
  };
  assertEquals(receivers(), ["10.0.0.1:7946", "10.0.0.3:7946", "10.0.0.4:7946"]);
  hear(swim, aliveOf("n3", { incarnation: 2 }));
  world.run(30_000);
  hear(swim, aliveOf("n4", { incarnation: 2 }));
  assertEquals(receivers(), ["10.0.0.3:7946", "10.0.0.4:7946"]);
});

Deno.test("a packet is filled up to its size, with label and encryption counted", () => {
  for (const packetOverhead of [0, 29, 45]) {
    let talks = false;
    const broadcasts = (overhead: number, limit: number) =>
      Array.from(
        { length: talks ? Math.floor(limit / (overhead + 101)) : 0 },
        () => userMessage(101),
      );
    const waitingBytes = () => talks ? 10_000 : 0;
    const { swim, world } = quiet({ packetOverhead, delegate: { broadcasts, waitingBytes } });
    talks = true;
    for (const name of names) hear(swim, aliveOf(name, { incarnation: 2 }));
    world.run(0);
    assertEquals(world.sent.length, 3);
    for (const sent of world.sent) {
      assertLessOrEqual(plainLength(sent) + packetOverhead, 1_400);
      assert(plainLength(sent) + packetOverhead > 1_400 - 150);
    }
  }
});

Deno.test("our own broadcasts go first, and the delegate gets the room that is left", () => {
  const asked: number[] = [];
  const message = userMessage(50);
  const broadcasts = (overhead: number, limit: number) => {
    assertEquals(overhead, 2);
    asked.push(limit);
    return [message];
  };
  const { swim, world } = quiet({ profile: { gossipNodes: 1 }, delegate: { broadcasts } });
  asked.length = 0;
  const news = aliveOf("n1", { incarnation: 2 });
  hear(swim, news);
  world.run(0);
  assertEquals(world.sent[0].packet.messages, [news, message]);
  assertEquals(asked, [1_400 - 2 - (messageLength(news) + 2)]);
});

Deno.test("the delegate is not asked when no message fits", () => {
  const asked: number[] = [];
  const broadcasts = (_: number, limit: number) => {
    asked.push(limit);
    return [];
  };
  const news = aliveOf("n1", { incarnation: 2 });
  // Room for the news, and then for 4 and 3 bytes.
  for (const [room, expected] of [[4, 1], [3, 0]]) {
    const udpBufferSize = 2 + 2 + messageLength(news) + room;
    const { swim, world } = quiet({
      profile: { gossipNodes: 1, udpBufferSize },
      delegate: { broadcasts },
    });
    asked.length = 0;
    hear(swim, news);
    world.run(0);
    assertEquals(asked.length, expected, `${room}`);
  }
});

Deno.test("a message that does not fit into a packet is dropped", () => {
  const { swim, world } = quiet();
  hear(swim, aliveOf("n1", { incarnation: 2, meta: new Uint8Array(1_400) }));
  hear(swim, aliveOf("n2", { incarnation: 2 }));
  world.run(1_000);
  const subjects = world.takeSent().map(({ message }) =>
    message.type === "alive" ? message.claim.node : message.type
  );
  assertEquals(new Set(subjects), new Set(["n2"]));
});

Deno.test("broadcasts are piggybacked on acks, after them and in the room that is left", () => {
  const ackPayload = () => new Uint8Array(500);
  const { swim, world } = quiet({ delegate: { ackPayload } });
  hear(swim, ...names.map((name) => aliveOf(name, { incarnation: 2 })));
  const source = { node: names[0], address: addressOf(names[0]) };
  hear(swim, { type: "ping", sequence: 1, node: "self", source });
  const [{ packet: { messages, crc } }] = world.sent;
  assertEquals(messages[0].type, "ack");
  assert(messages.length > 5);
  assert(messages.slice(1).every((message) => message.type === "alive"));
  assertEquals(crc, false);
  const riders = messages.slice(1).reduce((sum, m) => sum + messageLength(m) + 2, 0);
  assertLessOrEqual(messageLength(messages[0]) + riders + 2, 1_400);
});

Deno.test("an ack to a stranger carries no broadcasts, which members would miss then", () => {
  const strangers = [
    undefined,
    { node: "x", address: addressOf("x") },
    { node: names[0], address: addressOf("x") },
  ];
  for (const source of strangers) {
    const { swim, world } = quiet();
    hear(swim, ...names.map((name) => aliveOf(name, { incarnation: 2 })));
    hear(swim, { type: "ping", sequence: 1, node: "self", source });
    const [{ packet: { messages } }] = world.sent;
    assertEquals(messages.map(({ type }) => type), ["ack"]);
  }
});

Deno.test("a ping for somebody else carries broadcasts if we know its target, as does the ack that is passed on", () => {
  const sentOnBehalf = (asked: string, source?: Source) => {
    const { swim, world } = quiet();
    hear(swim, ...names.map((name) => aliveOf(name, { incarnation: 2 })));
    const request = { type: "indirect-ping", sequence: 1, nack: true } as const;
    hear(swim, { ...request, node: asked, target: addressOf(asked), source });
    const [message] = world.sent[0].packet.messages;
    assert(message.type === "ping");
    hear(swim, { type: "ack", sequence: message.sequence, payload: null });
    return world.sent.slice(0, 2).map(({ packet: { messages } }) => [
      messages[0].type,
      messages.length > 1,
    ]);
  };
  const source = { node: names[0], address: addressOf(names[0]) };
  assertEquals(sentOnBehalf(names[1], source), [["ping", true], ["ack", true]]);
  assertEquals(sentOnBehalf("x"), [["ping", false], ["ack", false]]);
});

Deno.test("gossip has a checksum if the receiver's protocol version has it", () => {
  for (const [protocolMax, expected] of [[5, true], [4, false]] as const) {
    const { swim, world } = quiet({ knows: [] });
    hear(swim, aliveOf("n1", { versions: { ...versions, protocolMax } }));
    world.run(0);
    assertEquals(world.sent[0].packet.crc, expected);
  }
  const { swim, world } = quiet({ knows: [] });
  hear(swim, aliveOf("n1", { versions: null }));
  world.run(0);
  assertEquals(world.sent[0].packet.crc, false);
});

Deno.test("a direct message is sent at once, in a packet of its own", () => {
  const { swim, world } = quiet();
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  const body: Opaque = { bytes: Uint8Array.of(5, 0x80) };
  const to = swim.claim("n2")?.address;
  assert(to !== undefined);
  swim.sendUser(to, body);
  assertEquals(world.sent.length, 1);
  assertEquals(world.sent[0].packet, { messages: [{ type: "user", body }], crc: false });
});

Deno.test("a message that is passed on is not encoded again", () => {
  const { swim, world } = quiet();
  const news = aliveOf("n1", { incarnation: 2 });
  const encoding = encodeMessage(news);
  hear(swim, news);
  world.run(0);
  assert(encodeMessage(world.sent[0].packet.messages[0]) === encoding);
});

/**
 * Sends events in a cluster, all at once from one member or from one member after the other. Returns the packets and copies
 * that it took, and the times until all members had an event, the shortest first, and the longest.
 */
function spread(
  { eager, nodes = 30, events = 1, everyMs = 0, seed = 1 }: {
    eager: boolean;
    nodes?: number;
    events?: number;
    everyMs?: number;
    seed?: number;
  },
): { packets: number; copies: number; ms: number; times: number[] } {
  const network = new SwimNetwork({ nodes, seed, profile: { eagerGossip: eager } });
  const bodies = Array.from({ length: events }, (_, i) => {
    network.run(everyMs);
    return network.publish(everyMs === 0 ? 0 : i % nodes, 60);
  });
  network.run(20_000);
  const times = bodies.map((body) => network.spreadMs(body)).sort((a, b) => a - b);
  const ms = Math.max(...times);
  return { packets: network.gossipPackets, copies: network.userCopies, ms, times };
}

Deno.test("eager gossip spreads an event fast, and takes no more packets than ticks", () => {
  const eager = spread({ eager: true });
  const lazy = spread({ eager: false });
  // Each of the 30 sends 4 * ceil(log10(31)) copies. With eager gossip, no copy goes back to where the event came from.
  assertEquals(lazy.copies, 30 * 8);
  assertEquals(eager.copies, 30 * 8 - 29);
  assertLessOrEqual(eager.packets, lazy.packets);
  assertLessOrEqual(eager.ms, 20);
  assert(lazy.ms > 200);
});

for (const [nodes, everyMs] of [[5, 1_000], [5, 200], [5, 50], [30, 1_000], [30, 250], [30, 50]]) {
  const rate = `${1000 / everyMs} a second among ${nodes} members`;
  Deno.test(`a stream of events takes no more packets than ticks: ${rate}`, () => {
    const [eager, lazy] = [true, false].map((eager) =>
      spread({ eager, nodes, everyMs, events: 100 })
    );
    assertLessOrEqual(eager.packets, lazy.packets);
    assertLessOrEqual(eager.copies, lazy.copies);
  });
}

/** Half of all events reach everybody within this time: each takes some hops of a millisecond. */
for (const [everyMs, withinMs] of [[1_000, 10], [250, 15], [200, 15], [100, 250]]) {
  Deno.test(`half of ${1000 / everyMs} events a second reach 30 members within ${withinMs} ms`, () => {
    const times = spread({ eager: true, everyMs, events: 100 }).times;
    assertLessOrEqual(times[49], withinMs);
  });
}

Deno.test("a burst reaches all members soon, in as few packets", () => {
  for (const nodes of [5, 30]) {
    for (const seed of [1, 2, 3]) {
      const eager = spread({ eager: true, nodes, events: 500, seed });
      assertLessOrEqual(eager.ms, 500);
      assertLessOrEqual(
        eager.packets,
        1.05 * spread({ eager: false, nodes, events: 500, seed }).packets,
      );
    }
  }
});
