import {
  assertEquals,
  assertGreater,
  assertLess,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import { UserEvent } from "../../../lib/api/event.ts";
import type { LamportTime } from "../../../lib/base/lamport_time.ts";
import type { SerfState, UserEventMessage } from "../../../lib/wire/messages/serf_messages.ts";
import { EncodedMessage } from "../../../lib/serf/encoded_message.ts";
import { addressOf, blind, bytes, SerfNetwork, type SerfNode, stateOf } from "../serf_network.ts";

function event(lTime: LamportTime, name: string, payload: string | null = null): UserEventMessage {
  const message = { type: "user-event", lTime, name, coalesce: false } as const;
  return { ...message, payload: payload === null ? null : bytes(payload) };
}

/** The user events that were delivered, as in `5 deploy`. */
function delivered(node: SerfNode): string[] {
  return node.all("user").map(({ lTime, name }) => `${lTime} ${name}`);
}

/** Lets a node merge the state of another one. */
function merge(node: SerfNode, state: Partial<SerfState>, { join = false } = {}): void {
  const whole: SerfState = {
    type: "push-pull",
    lTime: 0,
    eventLTime: 0,
    queryLTime: 0,
    statusLTimes: new Map(),
    leftMembers: [],
    events: [],
    ...state,
  };
  const userState = new EncodedMessage(whole);
  node.exchange(userState, { join });
}

Deno.test("an event is delivered to all, the sender included, once", () => {
  const network = new SerfNetwork();
  const nodes = network.cluster(["a", "b", "c"]);
  nodes[0].core.userEvent("deploy", bytes("v1"), { coalesce: true });
  network.run(2_000);
  for (const node of nodes) {
    assertEquals(node.all("user"), [
      new UserEvent({ lTime: 1, name: "deploy", payload: bytes("v1"), coalesce: true }),
    ]);
    assertEquals(node.core.stats().event_time, "2");
  }
});

Deno.test("events of one sender have rising times", () => {
  const node = new SerfNetwork().start("self", blind);
  for (const name of ["x", "y", "z"]) node.core.userEvent(name, null);
  assertEquals(delivered(node), ["1 x", "2 y", "3 z"]);
});

Deno.test("events are the same if time, name and payload are; no payload equals an empty one", () => {
  const node = new SerfNetwork().start("self", blind);
  node.hear(
    event(5, "x"),
    event(5, "x", ""),
    event(5, "x", "1"),
    event(5, "y"),
    event(5, "x", "1"),
  );
  assertEquals(delivered(node), ["5 x", "5 x", "5 y"]);
  assertEquals(node.core.stats().event_queue, "3");
});

Deno.test("an event from longer ago than the event buffer reaches is too old", () => {
  const node = new SerfNetwork().start("self", { ...blind, eventBuffer: 8 });
  node.hear(event(20, "new"));
  node.hear(event(13, "just in"), event(12, "too old"));
  assertEquals(delivered(node), ["20 new", "13 just in"]);
  assertEquals(node.logs("WARN"), ["received old event too old from time 12 (current: 21)"]);
});

Deno.test("events up to the snapshot's clock are not delivered again", () => {
  const snapshot = { alive: new Map(), lost: new Map(), clock: 0, eventClock: 7, queryClock: 0 };
  const node = new SerfNetwork().start("self", blind, { snapshot });
  assertEquals(node.core.stats().event_time, "8");
  node.hear(event(7, "old"), event(8, "new"));
  assertEquals(delivered(node), ["8 new"]);
});

Deno.test("an event that is too large is refused with Serf's message", () => {
  const node = new SerfNetwork().start("self", blind);
  assertThrows(
    () => node.core.userEvent("x", new Uint8Array(512)),
    RangeError,
    "user event exceeds configured limit of 512 bytes before encoding",
  );
  assertThrows(
    () => node.core.userEvent("x", new Uint8Array(482)),
    RangeError,
    "encoded user event exceeds configured limit of 512 bytes after encoding",
  );
  node.core.userEvent("x", new Uint8Array(481));
  assertEquals(delivered(node), ["1 x"]);
});

Deno.test("the size of a name is that of its UTF-8 bytes", () => {
  const node = new SerfNetwork().start("self", { ...blind, userEventSizeLimit: 4 });
  assertThrows(() => node.core.userEvent("äöü", null), RangeError, "4 bytes before encoding");
});

Deno.test("a state exchange brings the events that were missed; none of them is gossiped on", () => {
  const node = new SerfNetwork().start("self", blind);
  node.hear(event(2, "known"));
  const queued = node.core.stats().event_queue;
  const events = [
    null,
    { lTime: 2, events: [{ name: "known", payload: null }] },
    { lTime: 3, events: [{ name: "x", payload: bytes("1") }, { name: "y", payload: null }] },
  ];
  merge(node, { eventLTime: 9, events });
  assertEquals(delivered(node), ["2 known", "3 x", "3 y"]);
  assertEquals(node.core.stats().event_queue, queued);
  assertEquals(node.core.stats().event_time, "9");
});

Deno.test("the whole buffer is part of a state exchange, each event in the slot of its time", () => {
  const node = new SerfNetwork().start("self", { ...blind, eventBuffer: 4 });
  node.hear(event(2, "x"), event(2, "y"), event(7, "z"));
  assertEquals(stateOf(node).events, [
    null,
    null,
    { lTime: 2, events: [{ name: "x", payload: null }, { name: "y", payload: null }] },
    { lTime: 7, events: [{ name: "z", payload: null }] },
  ]);
});

Deno.test("a state that was sent does not change when more events come", () => {
  const node = new SerfNetwork().start("self", { ...blind, eventBuffer: 4 });
  node.hear(event(2, "x"));
  const state = stateOf(node);
  node.hear(event(2, "y"), event(3, "z"));
  assertEquals(state.events, [
    null,
    null,
    { lTime: 2, events: [{ name: "x", payload: null }] },
    null,
  ]);
});

for (const ignoreOld of [true, false]) {
  const effect = ignoreOld ? "does not deliver" : "delivers";
  Deno.test(`a join ${ignoreOld ? "that ignores" : "with"} old events ${effect} them`, () => {
    const network = new SerfNetwork();
    const [old, joiner] = [network.start("old"), network.start("joiner")];
    old.core.userEvent("before", null);
    joiner.core.join([old.address], { id: 1, ignoreOld });
    network.run(1_000);
    old.core.userEvent("after", null);
    network.run(1_000);
    assertEquals(delivered(joiner), ignoreOld ? ["2 after"] : ["1 before", "2 after"]);
  });
}

Deno.test("old events are ignored only during the join that asks for it", () => {
  const network = new SerfNetwork();
  const node = network.start("self");
  node.core.join([addressOf("nobody")], { id: 1, ignoreOld: true });
  network.run(1_000);
  merge(node, { eventLTime: 4, events: [{ lTime: 3, events: [{ name: "x", payload: null }] }] }, {
    join: true,
  });
  assertEquals(delivered(node), ["3 x"]);
});

Deno.test("events that are sent faster than gossip carries them wait, and all arrive, almost all in order", () => {
  const network = new SerfNetwork();
  const nodes = network.cluster(["a", "b", "c", "d", "e"]);
  // The state exchanges that follow the joins bring events that are old by then.
  network.run(5_000);
  for (let i = 0; i < 2_000; i++) nodes[0].core.userEvent(String(i), bytes("some payload"));
  assertEquals(nodes[0].all("user").length, 128);
  network.run(2_000);
  let late = 0;
  for (const node of nodes) {
    const order = node.all("user").map(({ name }) => Number(name));
    assertEquals(order.toSorted((a, b) => a - b), Array.from({ length: 2_000 }, (_, i) => i));
    let latest = -1;
    for (const number of order) {
      if (number < latest) late++;
      latest = Math.max(latest, number);
    }
    assertEquals(node.logs("WARN"), []);
  }
  assertLessOrEqual(late, 0.01 * 5 * 2_000);
});

Deno.test("a node without other members sends events without waiting", () => {
  const node = new SerfNetwork().start("self");
  for (let i = 0; i < 1_000; i++) node.core.userEvent(`event-${i}`, null);
  assertEquals(node.all("user").length, 1_000);
});

Deno.test("when too many events wait, the next is refused", () => {
  const node = new SerfNetwork().start("self", { maxQueueDepth: 200 });
  node.meet("a");
  for (let i = 0; i < 128 + 200; i++) node.core.userEvent(`event-${i}`, null);
  assertThrows(
    () => node.core.userEvent("one more", null),
    Error,
    "user event refused: 200 others wait to be sent",
  );
});

Deno.test("events that wait are sent before a leave", () => {
  const network = new SerfNetwork();
  const [a, b] = network.cluster(["a", "b"]);
  for (let i = 0; i < 300; i++) a.core.userEvent(`event-${i}`, null);
  a.core.leave({ id: 1 });
  network.run(3_000);
  assertEquals(a.core.state, "left");
  assertEquals(b.all("user").length, 300);
});

Deno.test("an event with the last time that is an exact number does not deafen members", () => {
  const network = new SerfNetwork();
  network.encode();
  const nodes = network.cluster(["a", "b", "c"]);
  nodes[1].hear(event(Number.MAX_SAFE_INTEGER, "hostile"));
  network.run(2_000);
  for (let i = 0; i < 3; i++) {
    nodes[i].core.userEvent("deploy", null);
    network.run(2_000);
  }
  for (const node of nodes) {
    assertEquals(delivered(node), [
      "9007199254740991 hostile",
      "9007199254740992 deploy",
      "9007199254740993 deploy",
      "9007199254740994 deploy",
    ]);
    assertEquals(node.core.stats().event_time, "9007199254740995");
  }
  const late = network.start("d");
  late.core.join([nodes[0].address], { id: late.newId() });
  network.run(2_000);
  assertEquals(delivered(late).length, 4);
  late.core.userEvent("deploy", null);
  network.run(2_000);
  assertEquals(delivered(nodes[0]).at(-1), "9007199254740995 deploy");
});

Deno.test("an event with a time that nobody can have counted to is ignored, and gossiped to nobody", () => {
  const node = new SerfNetwork().start("self", blind);
  node.hear(event(2n ** 64n - 1n, "hostile"), event(2n ** 64n - 1n, "hostile too"));
  node.core.userEvent("deploy", null);
  assertEquals(delivered(node), ["1 deploy"]);
  assertEquals(node.core.stats().event_queue, "1");
  const line = "Ignoring Lamport time 18446744073709551615, clock is at 1";
  assertEquals(node.logs("WARN"), [line]);
});

Deno.test("a restart with a snapshot from after such an event hears what comes after it", () => {
  const eventClock = Number.MAX_SAFE_INTEGER;
  const snapshot = { alive: new Map(), lost: new Map(), clock: 0, eventClock, queryClock: 0 };
  const node = new SerfNetwork().start("self", blind, { snapshot });
  node.hear(event(eventClock, "old"), event(2n ** 53n, "new"), event(2n ** 53n + 1n, "new"));
  assertEquals(delivered(node), ["9007199254740992 new", "9007199254740993 new"]);
});

Deno.test("events that nobody may send are dropped, and logged once", () => {
  const node = new SerfNetwork().start("self", blind);
  const payload = (size: number) => new Uint8Array(size);
  const large = (lTime: number, size: number) => ({ ...event(lTime, "x"), payload: payload(size) });
  node.hear(large(1, 9_216 - 1), large(2, 9_216), large(3, 21 * 1024 * 1024));
  assertEquals(delivered(node), ["1 x"]);
  assertEquals(node.core.stats().event_time, "2");
  assertEquals(node.logs("WARN"), [
    "Ignoring user event 'x' of 9217 bytes, at most 9216 are allowed",
  ]);
});

Deno.test("the events that a push/pull carries have a budget in bytes, the newest first", () => {
  const node = new SerfNetwork().start("self", blind);
  for (let i = 1; i <= 2_000; i++) {
    const message = event(Math.ceil(i / 10), `${i}`);
    node.hear({ ...message, payload: new Uint8Array(9_000) });
  }
  const state = stateOf(node);
  assertLess(new EncodedMessage(state).bytes.length, 8 * 1024 * 1024);
  const names = state.events.flatMap((slot) => slot?.events.map(({ name }) => Number(name)) ?? []);
  assertEquals(names.at(-1), 2_000);
  assertEquals(names, Array.from({ length: names.length }, (_, i) => 2_001 - names.length + i));
  assertGreater(names.length, 900);
  assertEquals(node.all("user").length, 2_000);
  node.hear({ ...event(5, "41"), payload: new Uint8Array(9_000) });
  assertEquals(node.all("user").length, 2_000);
});
