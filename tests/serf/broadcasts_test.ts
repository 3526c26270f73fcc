import { assert, assertEquals } from "@std/assert";
import { type BroadcastCarrier, Broadcasts } from "../../lib/serf/broadcasts.ts";
import { SerfContext } from "../../lib/serf/context.ts";
import type { SerfConfig } from "../../lib/serf/config.ts";
import type { SerfTimer } from "../../lib/serf/core.ts";
import { EncodedMessage } from "../../lib/serf/encoded_message.ts";
import { MemberRecord } from "../../lib/serf/members/member_table.ts";
import { encodeMessage, messageLength } from "../../lib/wire/messages/message_codec.ts";
import type { Message } from "../../lib/wire/messages/messages.ts";
import type { SerfMessage } from "../../lib/wire/messages/serf_messages.ts";
import { addressOf, blind, claimOf, join, SerfNetwork, settings } from "./serf_network.ts";

const peer = addressOf("peer");

function body(node: string): EncodedMessage {
  return new EncodedMessage(join(node, 1));
}

interface Setup {
  readonly broadcasts: Broadcasts;
  readonly warnings: () => string[];
  readonly wakes: () => number;
  /** The timers that were set. */
  readonly timers: SerfTimer[];
}

/** The queues of a node that knows a number of members. */
function setUp(
  config: Partial<SerfConfig> = {},
  members = 1,
  { isOnlyPeer = () => false }: Partial<BroadcastCarrier> = {},
): Setup {
  const host = new SerfNetwork().start("host", blind);
  const whole = { ...settings, ...config, name: "self", address: addressOf("self"), tags: {} };
  let wakes = 0;
  const timers: SerfTimer[] = [];
  const context = new SerfContext(whole, {
    now: host.now,
    random: () => host.random(),
    send: () => {},
    request: () => {},
    emit: (output) => host.emit(output),
    after: (_, timer) => timers.push(timer),
  });
  for (let i = 0; i < members; i++) {
    context.members.put(MemberRecord.of(claimOf(`n${i}`), "alive", 0), host);
  }
  const broadcasts = new Broadcasts(context, {
    aliveCount: members,
    isOnlyPeer,
    queued: 0,
    wake: () => wakes++,
    fits: (message) => messageLength(message) <= 1_400,
  });
  return { broadcasts, warnings: () => host.logs("WARN"), wakes: () => wakes, timers };
}

function names(messages: readonly Message[]): string[] {
  return messages.map((message) => {
    assert(message.type === "user" && message.body instanceof EncodedMessage);
    const inner: SerfMessage = message.body.message;
    return inner.type === "join" ? inner.node : inner.type;
  });
}

Deno.test("intents come first, then queries, then events", () => {
  const { broadcasts, wakes } = setUp();
  broadcasts.queue("event", body("event"));
  broadcasts.queue("query", body("query"));
  broadcasts.queue("intent", body("intent"));
  assertEquals(wakes(), 3);
  assertEquals(names(broadcasts.take(2, 1_400, peer)), ["intent", "query", "event"]);
});

Deno.test("the newest events of a packet come first, though a packet takes the oldest", () => {
  const { broadcasts } = setUp();
  for (const name of ["a", "b", "c"]) broadcasts.queue("event", body(name));
  const room = 2 * (2 + messageLength({ type: "user", body: body("a") }));
  assertEquals(names(broadcasts.take(2, room, peer)), ["b", "a"]);
  assertEquals(names(broadcasts.take(2, room, peer)), ["c"]);
});

Deno.test("each queue gets the room that the ones before it leave", () => {
  const { broadcasts } = setUp();
  broadcasts.queue("intent", body("intent"));
  broadcasts.queue("query", body("a long query"));
  broadcasts.queue("event", body("event"));
  const [intent, query, event] = broadcasts.take(2, 1_400, peer).map((message) =>
    2 + messageLength(message)
  );
  assertEquals(names(broadcasts.take(2, intent + query + event, peer)), [
    "intent",
    "a long query",
    "event",
  ]);
  assertEquals(names(broadcasts.take(2, intent + query + event - 1, peer)), [
    "intent",
    "a long query",
  ]);
  assertEquals(names(broadcasts.take(2, intent + query - 1, peer)), ["intent", "event"]);
});

Deno.test("who waits for an intent is told when it was sent as often as the retransmit limit says", () => {
  const { broadcasts, timers } = setUp({}, 10);
  const told: boolean[] = [];
  broadcasts.queueAndWait(body("x"), (sent) => told.push(sent));
  const timeout = { type: "broadcast-done", token: 1, sent: false } as const;
  for (let i = 0; i < 8; i++) {
    assertEquals(timers, [timeout]);
    assertEquals(broadcasts.take(2, 1_400, peer).length, 1);
  }
  assertEquals([timers, broadcasts.depth("intent")], [[timeout, { ...timeout, sent: true }], 0]);
  assertEquals([told, broadcasts.isQuiet], [[], false]);
  broadcasts.handleDone({ ...timeout, sent: true });
  broadcasts.handleDone(timeout);
  assertEquals([told, broadcasts.isQuiet], [[true], true]);
});

Deno.test("a message too long for any packet is not queued, and nobody waits for it", () => {
  const { broadcasts, wakes, timers } = setUp();
  broadcasts.queueAndWait(body("x".repeat(1_400)), () => {});
  assertEquals(timers.at(-1), { type: "broadcast-done", token: 1, sent: true });
  assertEquals([wakes(), broadcasts.waitingBytes(2)], [0, 0]);
});

Deno.test("the bytes that wait are those that are sent", () => {
  const { broadcasts } = setUp();
  for (const kind of ["intent", "query", "event"] as const) broadcasts.queue(kind, body(kind));
  const waiting = broadcasts.waitingBytes(2);
  const messages = broadcasts.take(2, 1_400, peer);
  assertEquals(waiting, messages.reduce((sum, message) => sum + 2 + messageLength(message), 0));
});

Deno.test("one body makes one message object, so that its encoding is shared", () => {
  const [one, other] = [setUp().broadcasts, setUp().broadcasts];
  const shared = { bytes: Uint8Array.of(1, 2, 3) };
  for (const broadcasts of [one, other]) broadcasts.queue("event", shared);
  const [[first], [second]] = [one.take(2, 1_400, peer), other.take(2, 1_400, peer)];
  assert(first === second);
  assertEquals(encodeMessage(first), Uint8Array.of(8, 1, 2, 3));
});

Deno.test("a long queue is logged, one that is too long is cut", () => {
  const { broadcasts, warnings } = setUp({ queueDepthWarning: 3, maxQueueDepth: 4 });
  for (let i = 0; i < 5; i++) broadcasts.queue("event", body(`${i}`));
  for (let i = 0; i < 3; i++) broadcasts.queue("query", body(`${i}`));
  broadcasts.check();
  assertEquals(warnings(), [
    "Query queue depth: 3",
    "Event queue depth: 5",
    "Event queue depth (5) exceeds limit (4), dropping messages!",
  ]);
  assertEquals([broadcasts.depth("query"), broadcasts.depth("event")], [3, 4]);
});

Deno.test("what the only other member has sent us is not told again, and nobody is woken up for it", () => {
  const { broadcasts, wakes } = setUp({}, 2, { isOnlyPeer: (address) => address === peer });
  broadcasts.queue("event", body("theirs"), { from: peer });
  assertEquals([broadcasts.depth("event"), wakes()], [0, 0]);
  broadcasts.queue("event", body("a stranger's"), { from: addressOf("stranger") });
  broadcasts.queue("event", body("ours"));
  assertEquals([broadcasts.depth("event"), wakes()], [2, 2]);
});

Deno.test("the limit may depend on the size of the cluster", () => {
  const { broadcasts, warnings } = setUp({ minQueueDepth: 5, maxQueueDepth: 1 }, 4);
  for (let i = 0; i < 9; i++) broadcasts.queue("intent", body(`${i}`));
  broadcasts.check();
  assertEquals(warnings(), ["Intent queue depth (9) exceeds limit (8), dropping messages!"]);
});

Deno.test("a flood between two checks is cut at four times the limit", () => {
  const { broadcasts, warnings } = setUp({ maxQueueDepth: 10 });
  for (let i = 0; i < 41; i++) broadcasts.queue("event", body(`${i}`));
  assertEquals(warnings(), ["Event queue depth (41) exceeds limit (10), dropping messages!"]);
  assertEquals(broadcasts.depth("event"), 10);
});

Deno.test("the queues are checked every 30 seconds", () => {
  const network = new SerfNetwork();
  const profile = { ...blind.profile, gossipIntervalMs: 1e12 };
  const node = network.start("self", { profile, queueDepthWarning: 1 });
  node.core.userEvent("x", null);
  network.run(61_000);
  assertEquals(node.logs("WARN"), ["Event queue depth: 1", "Event queue depth: 1"]);
});
