import { assertEquals } from "@std/assert";
import { EventQueue } from "../../../lib/serf/events/event_queue.ts";
import type { Message, User } from "../../../lib/wire/messages/messages.ts";

/** A message of three bytes, with its type byte, that carries a number. */
function event(number: number): User {
  return { type: "user", body: { bytes: Uint8Array.of(0, number) } };
}

function numbers(messages: readonly Message[]): number[] {
  return messages.map((message) => message.type === "user" ? message.body.bytes[1] : NaN);
}

/** A queue of events that are numbered from 0. */
function queueOf(count: number, { limit = 4, peers = 4 } = {}): EventQueue {
  const queue = new EventQueue({ retransmitLimit: () => limit, peerCount: () => peers });
  for (let i = 0; i < count; i++) queue.queue({ lTime: 1, message: event(i) });
  return queue;
}

Deno.test("the oldest event goes first, until it was sent as often as the retransmit limit says", () => {
  const queue = queueOf(3, { limit: 2 });
  assertEquals(numbers(queue.take(2, 10, "a")), [0, 1]);
  assertEquals(numbers(queue.take(2, 10, "b")), [0, 1]);
  assertEquals(queue.length, 1);
  assertEquals(numbers(queue.take(2, 10, "c")), [2]);
});

Deno.test("no peer gets an event twice before all have got it once", () => {
  const queue = queueOf(2);
  assertEquals(numbers(queue.take(2, 100, "a")), [0, 1]);
  queue.queue({ lTime: 1, message: event(2) });
  assertEquals(numbers(queue.take(2, 100, "a")), [2]);
  assertEquals(numbers(queue.take(2, 100, "a")), []);
  assertEquals(numbers(queue.take(2, 100, "b")), [0, 1, 2]);
});

Deno.test("a new peer gets the events that are left, from the oldest on", () => {
  const queue = queueOf(3, { limit: 2 });
  queue.take(2, 5, "a");
  queue.take(2, 5, "b");
  assertEquals(numbers(queue.take(2, 100, "c")), [1, 2]);
  assertEquals(numbers(queue.take(2, 100, "a")), [1, 2]);
  assertEquals(queue.length, 0);
});

Deno.test("when all peers have got all events, sending starts over", () => {
  const queue = queueOf(1, { limit: 4, peers: 2 });
  const taken = ["a", "b", "a", "b", "a"].map((peer) => queue.take(2, 100, peer).length);
  assertEquals(taken, [1, 1, 0, 1, 1]);
  assertEquals(queue.length, 0);
});

Deno.test("sending does not start over because one peer has its turn twice", () => {
  const queue = queueOf(1, { limit: 4, peers: 2 });
  const taken = ["a", "a", "a", "b", "a", "b"].map((peer) => queue.take(2, 100, peer).length);
  assertEquals(taken, [1, 0, 0, 1, 0, 1]);
});

Deno.test("an event of the only peer does not keep ours from being dropped", () => {
  const queue = queueOf(0, { limit: 3, peers: 1 });
  queue.queue({ lTime: 1, message: event(0), from: "a" });
  queue.queue({ lTime: 1, message: event(1) });
  const taken = Array.from({ length: 5 }, () => numbers(queue.take(2, 100, "a")));
  assertEquals(taken, [[1], [1], [1], [], []]);
  assertEquals(queue.length, 0);
});

Deno.test("an event that all peers have sent to us is dropped", () => {
  const queue = queueOf(0, { peers: 1 });
  queue.queue({ lTime: 1, message: event(0), from: "a" });
  queue.take(2, 100, "a");
  queue.take(2, 100, "a");
  assertEquals(queue.length, 0);
  queue.queue({ lTime: 1, message: event(1) });
  assertEquals(numbers(queue.take(2, 100, "a")), [1]);
});

Deno.test("a peer that has sent us an event is not told, and counts as told where all peers are", () => {
  const queue = queueOf(2);
  queue.confirm(1, { bytes: Uint8Array.of(0, 1) }, "a");
  assertEquals(numbers(queue.take(2, 100, "a")), [0]);
  for (const peer of ["b", "c"]) assertEquals(numbers(queue.take(2, 100, peer)), [0, 1]);
  queue.confirm(1, { bytes: Uint8Array.of(0, 1) }, "d");
  assertEquals(numbers(queue.take(2, 100, "d")), [0]);
  assertEquals(queue.length, 0);
});

Deno.test("a peer that was sent an event counts once, even if it sends it to us", () => {
  const queue = queueOf(1, { limit: 2, peers: 2 });
  queue.take(2, 100, "a");
  queue.confirm(1, { bytes: Uint8Array.of(0, 0) }, "a");
  assertEquals(queue.length, 1);
});

Deno.test("in a large cluster peers that have an event do not count as told, until all are", () => {
  const queue = queueOf(1, { limit: 2, peers: 5 });
  for (const peer of ["a", "b", "c"]) queue.confirm(1, { bytes: Uint8Array.of(0, 0) }, peer);
  assertEquals(queue.length, 1);
  queue.take(2, 100, "d");
  assertEquals(queue.length, 1);
  queue.confirm(1, { bytes: Uint8Array.of(0, 0) }, "e");
  assertEquals(queue.length, 0);
});

Deno.test("events of the same time are told apart", () => {
  const queue = queueOf(2);
  queue.confirm(1, { bytes: Uint8Array.of(0, 7) }, "a");
  queue.confirm(2, { bytes: Uint8Array.of(0, 1) }, "a");
  assertEquals(numbers(queue.take(2, 100, "a")), [0, 1]);
});

Deno.test("an event that does not fit waits, and later ones wait behind it", () => {
  const queue = queueOf(1);
  queue.queue({ lTime: 1, message: { type: "user", body: { bytes: new Uint8Array(50) } } });
  queue.queue({ lTime: 1, message: event(2) });
  assertEquals(numbers(queue.take(2, 20, "a")), [0]);
  assertEquals(queue.take(2, 100, "a").length, 2);
});

Deno.test("the bytes that wait are counted with overhead", () => {
  const queue = queueOf(3, { limit: 1 });
  assertEquals(queue.waitingBytes(2), 15);
  queue.take(2, 5, "a");
  assertEquals(queue.waitingBytes(2), 10);
  queue.prune(1);
  assertEquals(queue.waitingBytes(2), 5);
});

Deno.test("the oldest events are dropped from a queue that is too long, and every peer still gets the rest", () => {
  const queue = queueOf(5);
  queue.take(2, 10, "a");
  queue.queue({ lTime: 1, message: event(5) });
  queue.prune(2);
  assertEquals(queue.length, 2);
  assertEquals(numbers(queue.take(2, 100, "a")), [4, 5]);
  queue.prune(0);
  assertEquals(queue.length, 0);
});

Deno.test("a long stream keeps its order for every peer", () => {
  const queue = queueOf(0, { limit: 2, peers: 2 });
  const got: Record<string, number[]> = { a: [], b: [] };
  for (let i = 0; i < 5_000; i++) {
    queue.queue({ lTime: 1, message: event(i % 250) });
    const peer = i % 2 === 0 ? "a" : "b";
    got[peer].push(...numbers(queue.take(2, 20, peer)));
  }
  for (const peer of ["a", "b"]) {
    assertEquals(got[peer], Array.from({ length: got[peer].length }, (_, i) => i % 250));
    assertEquals(got[peer].length > 4_990, true);
  }
});

Deno.test("the peer that sent us an event is not sent it, and counts as having got it", () => {
  const queue = queueOf(1, { limit: 3 });
  queue.queue({ lTime: 1, message: event(1), from: "a" });
  assertEquals(numbers(queue.take(2, 100, "a")), [0]);
  assertEquals(numbers(queue.take(2, 100, "b")), [0, 1]);
  assertEquals(numbers(queue.take(2, 100, "c")), [0, 1]);
  assertEquals(queue.length, 0);
});
