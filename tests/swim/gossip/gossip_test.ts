import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { encodeMessage, messageLength } from "../../../lib/wire/messages/message_codec.ts";
import type { Message, Opaque } from "../../../lib/wire/messages/messages.ts";
import {
  addressOf,
  aliveOf,
  hear,
  type NodeOptions,
  type Sent,
  startNode,
  versions,
} from "../hand_world.ts";
import { SwimNetwork } from "../swim_network.ts";

const names = Array.from({ length: 20 }, (_, i) => `n${i + 1}`);

/** A node that has long sent what it had to say, and will not probe. */
function quiet(options: NodeOptions = {}): ReturnType<typeof startNode> {
  const profile = { ...options.profile, probeIntervalMs: 1e9 };
  const node = startNode({ knows: names, ...options, profile });
  node.world.run(10_000);
  node.world.sent.length = 0;
  node.world.events.length = 0;
  return node;
}

/** Bytes of the messages and the compound around them. */
function plainLength({ packet: { messages } }: Sent): number {
  const lengths = messages.map(messageLength);
  const sum = lengths.reduce((total, length) => total + length, 0);
  return messages.length === 1 ? sum : sum + 2 + 2 * messages.length;
}

/** A user message of so many bytes, its type byte included. */
function userMessage(length: number): Message {
  return { type: "user", body: { bytes: new Uint8Array(length - 1) } };
}

Deno.test("news is sent to a few at once, to a few more soon after, and the rest of its count a tick later", () => {
  const { swim, world } = quiet();
  const start = world.now;
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  assertEquals(world.sent, []);
  world.run(1_000);
  const times = world.sent.map(({ at }) => at - start);
  assertEquals(times.slice(0, 6), [0, 0, 0, 10, 10, 10]);
  assertEquals(times.slice(6), [210, 210]);
});

Deno.test("news finds budget where what is left to send waits for it", () => {
  const { swim, world } = quiet();
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  world.run(20);
  world.sent.length = 0;
  for (const incarnation of [3, 4]) {
    hear(swim, aliveOf("n2", { incarnation }));
    world.run(20);
  }
  assertEquals(world.sent.length, 6);
  for (const { packet } of world.sent) assertEquals(packet.messages[0].type, "alive");
});

Deno.test("what is urgent overdraws the budget by two fan-outs, and no more", () => {
  const { swim, world } = quiet();
  for (let incarnation = 2; incarnation < 40; incarnation++) {
    hear(swim, aliveOf("n1", { incarnation }));
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

Deno.test("a fan-out begins with our successor, who is then left out once", () => {
  const { swim, world } = quiet({ knows: ["a", "t", "z"], profile: { gossipNodes: 1 } });
  hear(swim, aliveOf("a", { incarnation: 2 }));
  world.run(1_000);
  const [first, ...others] = world.sent.map(({ to }) => to.text);
  assertEquals(first, addressOf("t").text);
  assertEquals(new Set(others.slice(0, 2)), new Set([addressOf("a").text, addressOf("z").text]));
});

Deno.test("without eagerness, everything is sent on ticks", () => {
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

Deno.test("a message goes to different members each time, until all have had it", () => {
  const { swim, world } = quiet();
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  world.run(1_000);
  assertEquals(new Set(world.sent.map(({ to }) => to.text)).size, 8);
});

Deno.test("what is queued while a round is pending goes with it, and rounds keep their distance", () => {
  const { swim, world } = quiet();
  const start = world.now;
  for (let i = 0; i < 30; i++) {
    hear(swim, aliveOf("n1", { incarnation: 2 + i }));
    hear(swim, aliveOf("n2", { incarnation: 2 + i }));
    world.run(1);
  }
  const times = [...new Set(world.sent.map(({ at }) => at - start))];
  assertEquals(times, [0, 10, 20, 30]);
  assertEquals(world.sent[0].packet.messages.length, 2);
});

Deno.test("a stream of news costs fewer packets than ticks would", () => {
  const { swim, world } = quiet();
  for (let i = 0; i < 1_000; i++) {
    hear(swim, aliveOf("n1", { incarnation: 2 + i }));
    world.run(20);
  }
  const ticks = 20 * 5;
  assertLessOrEqual(world.sent.length, 3 * ticks * 0.75 + 12 + 20);
  assert(world.sent.length > 3 * ticks * 0.75);
});

Deno.test("full packets are not held back, and keep the pace that others can follow", () => {
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

Deno.test("without eagerness, news that comes between two ticks leaves no tick to come twice", () => {
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

Deno.test("draining waits for no budget", () => {
  const { swim, world } = quiet({ profile: { retransmitMult: 20 } });
  const start = world.now;
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  swim.drain();
  world.run(1_000);
  assertEquals(world.sent.length, 40);
  assertEquals(Math.max(...world.sent.map(({ at }) => at - start)), 130);
});

Deno.test("where everybody has everything that the layer above has to say, turns are rare", () => {
  let turns = 0;
  const delegate = { waitingBytes: () => 10, broadcasts: () => (turns++, []) };
  const { swim, world } = quiet({ knows: ["n1", "n2"], delegate });
  turns = 0;
  swim.wake();
  world.run(2_000);
  assertEquals(world.sent, []);
  assertLessOrEqual(turns, 3 * 11);
});

Deno.test("an idle node is not woken by gossip", () => {
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

Deno.test("a node without company keeps its news until there is somebody to tell", () => {
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

Deno.test("news is told to the living and to those who died not long ago, not to those who left", () => {
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

Deno.test("a packet is filled up to its size, label and encryption included, and not beyond", () => {
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

Deno.test("our own broadcasts go first, and the layer above gets the room that is left", () => {
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

Deno.test("the layer above is not asked when there is no room for even one message", () => {
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

Deno.test("a message that never fits is never sent, and holds up nobody", () => {
  const { swim, world } = quiet();
  hear(swim, aliveOf("n1", { incarnation: 2, meta: new Uint8Array(1_400) }));
  hear(swim, aliveOf("n2", { incarnation: 2 }));
  world.run(1_000);
  const subjects = world.takeSent().map(({ message }) =>
    message.type === "alive" ? message.claim.node : message.type
  );
  assertEquals(new Set(subjects), new Set(["n2"]));
});

Deno.test("broadcasts ride along with pings, acks and nacks, behind them and in the room that is left", () => {
  const ackPayload = () => new Uint8Array(500);
  const { swim, world } = quiet({ delegate: { ackPayload } });
  hear(swim, ...names.map((name) => aliveOf(name, { incarnation: 2 })));
  hear(swim, { type: "ping", sequence: 1, node: "self" });
  const [{ packet: { messages, crc } }] = world.sent;
  assertEquals(messages[0].type, "ack");
  assert(messages.length > 5);
  assert(messages.slice(1).every((message) => message.type === "alive"));
  assertEquals(crc, false);
  const riders = messages.slice(1).reduce((sum, m) => sum + messageLength(m) + 2, 0);
  assertLessOrEqual(messageLength(messages[0]) + riders + 2, 1_400);
});

Deno.test("gossip has a checksum where the receiver's claim says that it is understood", () => {
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

Deno.test("a message to one address goes out at once, with nothing else in it", () => {
  const { swim, world } = quiet();
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  const body: Opaque = { bytes: Uint8Array.of(5, 0x80) };
  const to = swim.claim("n2")?.address;
  assert(to !== undefined);
  swim.sendUser(to, body);
  assertEquals(world.sent.length, 1);
  assertEquals(world.sent[0].packet, { messages: [{ type: "user", body }], crc: false });
});

Deno.test("what is passed on keeps its encoding", () => {
  const { swim, world } = quiet();
  const news = aliveOf("n1", { incarnation: 2 });
  const encoding = encodeMessage(news);
  hear(swim, news);
  world.run(0);
  assert(encodeMessage(world.sent[0].packet.messages[0]) === encoding);
});

/** What became of events in a cluster: how often the members sent them in turn, and how many at once. */
function spread(
  { eager, nodes = 30, events = 1, everyMs = 0, seed = 1 }: {
    eager: boolean;
    nodes?: number;
    events?: number;
    everyMs?: number;
    seed?: number;
  },
): { packets: number; copies: number; ms: number } {
  const network = new SwimNetwork({ nodes, seed, profile: { eagerGossip: eager } });
  const bodies = Array.from({ length: events }, (_, i) => {
    network.run(everyMs);
    return network.publish(everyMs === 0 ? 0 : i % nodes, 60);
  });
  network.run(20_000);
  const ms = Math.max(...bodies.map((body) => network.spreadMs(body)));
  return { packets: network.gossipPackets, copies: network.userCopies, ms };
}

Deno.test("being eager makes an event fast, and costs not one packet more", () => {
  const eager = spread({ eager: true });
  const lazy = spread({ eager: false });
  // Each of the 30 tells as many as the retransmit limit says, 4 * ceil(log10(31)); whom we have it from needs no telling.
  assertEquals(lazy.copies, 30 * 8);
  assertEquals(eager.copies, 30 * 8 - 29);
  assertLessOrEqual(eager.packets, lazy.packets);
  assertLessOrEqual(eager.ms, 20);
  assert(lazy.ms > 200);
});

for (const [nodes, everyMs] of [[5, 1_000], [5, 200], [5, 50], [30, 1_000], [30, 250], [30, 50]]) {
  const rate = `${1000 / everyMs} a second among ${nodes} members`;
  Deno.test(`a stream of events costs no more packets than with ticks: ${rate}`, () => {
    const [eager, lazy] = [true, false].map((eager) =>
      spread({ eager, nodes, everyMs, events: 100 })
    );
    assertLessOrEqual(eager.packets, lazy.packets);
    assertLessOrEqual(eager.copies, lazy.copies);
  });
}

Deno.test("a burst reaches everybody soon, in as few packets", () => {
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
