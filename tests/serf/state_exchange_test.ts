import { assertEquals } from "@std/assert";
import type { LamportTime } from "../../lib/base/lamport_time.ts";
import { EncodedMessage, messageOf } from "../../lib/serf/encoded_message.ts";
import type { Opaque } from "../../lib/wire/messages/messages.ts";
import { encodeSerf } from "../../lib/wire/messages/serf_codec.ts";
import type { SerfState } from "../../lib/wire/messages/serf_messages.ts";
import {
  blind,
  claimOf,
  join,
  leave,
  SerfNetwork,
  type SerfNode,
  stateOf,
} from "./serf_network.ts";

const empty: SerfState = {
  type: "push-pull",
  lTime: 0,
  eventLTime: 0,
  queryLTime: 0,
  statusLTimes: new Map(),
  leftMembers: [],
  events: [],
};

function exchange(node: SerfNode, userState: Opaque, nodes: string[] = []): void {
  node.exchange(userState, { nodes: nodes.map((name) => claimOf(name)) });
}

function merge(node: SerfNode, state: Partial<SerfState>, nodes: string[] = []): void {
  exchange(node, new EncodedMessage({ ...empty, ...state }), nodes);
}

function startLoner(): SerfNode {
  return new SerfNetwork().start("self", blind);
}

Deno.test("our state has the clocks, all members with their times, and those that left", () => {
  const node = startLoner();
  node.meet("a", "b");
  node.hear(join("a", 4), leave("b", 6));
  node.bury("b");
  node.core.userEvent("x", null);
  const { events, statusLTimes, ...rest } = stateOf(node);
  assertEquals(rest, {
    type: "push-pull",
    lTime: 7,
    eventLTime: 2,
    queryLTime: 1,
    leftMembers: ["b"],
  });
  assertEquals(Object.fromEntries(statusLTimes), { self: 0, a: 4, b: 6 });
  assertEquals(events.length, 512);
});

Deno.test("the other node's clocks are times of messages that do not exist yet", () => {
  const node = startLoner();
  merge(node, { lTime: 10, eventLTime: 20, queryLTime: 30 });
  const { member_time, event_time, query_time } = node.core.stats();
  assertEquals([member_time, event_time, query_time], ["10", "20", "30"]);
  merge(node, { lTime: 0, eventLTime: 0, queryLTime: 0 });
  assertEquals(node.core.stats().member_time, "10");
});

Deno.test("status times are merged as joins, those of members that left as leaves one later", () => {
  const node = startLoner();
  node.meet("a", "b", "c");
  node.bury("c");
  const statusLTimes = new Map([["a", 4], ["b", 5], ["c", 6]]);
  merge(node, { statusLTimes, leftMembers: ["b", "c"] });
  assertEquals(["a", "b", "c"].map((name) => node.status(name)), ["alive", "leaving", "left"]);
  assertEquals(Object.fromEntries(stateOf(node).statusLTimes), { self: 0, a: 4, b: 5, c: 7 });
  assertEquals(node.core.stats().intent_queue, "0");
});

Deno.test("a node that learns of a leaving member by its state still takes the leave intent as news", () => {
  const [early, late] = [startLoner(), startLoner()];
  for (const node of [early, late]) {
    node.meet("a");
    node.hear(join("a", 4));
  }
  early.hear(leave("a", 5));
  merge(late, stateOf(early));
  assertEquals(late.status("a"), "alive");
  late.hear(leave("a", 5));
  assertEquals(late.status("a"), "leaving");
});

Deno.test("a member that left without a known time is merged as a leave at time 1", () => {
  const node = startLoner();
  node.meet("a");
  merge(node, { leftMembers: ["a"] });
  assertEquals(node.status("a"), "leaving");
});

Deno.test("a member that has come back is not leaving where another node has yet to see it alive", () => {
  const [early, late] = [startLoner(), startLoner()];
  for (const node of [early, late]) {
    node.meet("a");
    node.hear(leave("a", 5));
    node.bury("a");
    node.hear(join("a", 6));
  }
  early.hearSwim({ type: "alive", claim: claimOf("a", { incarnation: 2 }) });
  merge(early, stateOf(late));
  assertEquals([early, late].map((node) => node.status("a")), ["alive", "left"]);
});

Deno.test("claims and statuses of one exchange are merged together", () => {
  const node = startLoner();
  merge(node, { statusLTimes: new Map([["a", 4], ["b", 5]]), leftMembers: ["b"] }, ["a", "b"]);
  assertEquals([node.status("a"), node.status("b")], ["alive", "leaving"]);
  assertEquals(stateOf(node).statusLTimes.get("a"), 4);
});

Deno.test("a state that lists us as left is refuted, and the refutation gossiped", () => {
  const node = startLoner();
  merge(node, { statusLTimes: new Map([["self", 8]]), leftMembers: ["self"], lTime: 12 });
  assertEquals(node.core.local.status, "alive");
  assertEquals(stateOf(node).statusLTimes.get("self"), 12);
  assertEquals(node.core.stats().intent_queue, "1");
});

Deno.test("a state does not change after it was asked for, and its bytes have the same content", () => {
  const node = startLoner();
  node.meet("a");
  const state = stateOf(node);
  const body = new EncodedMessage(state);
  node.hear(join("a", 9));
  assertEquals(state.statusLTimes.get("a"), 0);
  assertEquals(messageOf({ bytes: body.bytes }), state);
});

Deno.test("bytes that are not a state are logged and do no harm", () => {
  const node = startLoner();
  for (const bytes of [[], [2], [2, 0xc1], [77, 0x80], [2, 0x81, 0xa5]]) {
    exchange(node, { bytes: Uint8Array.from(bytes) });
  }
  exchange(node, new EncodedMessage(join("a", 1)));
  const errors = node.logs("ERR");
  assertEquals(errors.length, 6);
  assertEquals(errors[0], "Remote state is zero bytes");
  assertEquals(errors.slice(1, 3).map((text) => text.slice(0, 30)), [
    "Failed to decode remote state:",
    "Failed to decode remote state:",
  ]);
  assertEquals(errors[3], "Remote state has bad type prefix: 77");
  assertEquals(errors.at(-1), "Remote state has bad type prefix: 1");
});

Deno.test("times at the end of the range do no harm", () => {
  const node = startLoner();
  node.meet("a");
  const last = Number.MAX_SAFE_INTEGER;
  merge(node, {
    lTime: last,
    eventLTime: last,
    queryLTime: last,
    statusLTimes: new Map([["a", last], ["self", last]]),
    leftMembers: ["a", "self"],
  });
  node.core.userEvent("x", null);
  node.core.userEvent("y", null);
  node.core.query("q", null, { id: 1 });
  node.core.query("q", null, { id: 2 });
  node.core.forceLeave("a", { id: 3 });
  assertEquals(node.all("user").map(({ name }) => name), ["x", "y"]);
  assertEquals(node.all("query").length, 2);
  assertEquals(new EncodedMessage(stateOf(node)).bytes.length > 0, true);
});

Deno.test("times beyond the exact numbers are exchanged like others", () => {
  const far = 2n ** 60n;
  const [one, other] = [startLoner(), startLoner()];
  for (const node of [one, other]) node.meet("a", "b");
  one.hear(join("a", far));
  merge(one, { eventLTime: far, queryLTime: far + 5n });
  merge(other, messageOf(new EncodedMessage(stateOf(one))) as SerfState);
  const { member_time, event_time, query_time } = other.core.stats();
  assertEquals([member_time, event_time, query_time].map(BigInt), [far + 1n, far, far + 5n]);
  assertEquals(stateOf(other).statusLTimes.get("a"), far);
});

Deno.test("times that nobody can have counted to are ignored, and the rest of a state is merged", () => {
  const node = startLoner();
  node.meet("a", "b", "c");
  const last = 2n ** 64n - 1n;
  merge(node, {
    lTime: last,
    eventLTime: last,
    queryLTime: last,
    statusLTimes: new Map<string, LamportTime>([["a", last], ["b", 4], ["c", last]]),
    leftMembers: ["c"],
    events: [
      { lTime: last, events: [{ name: "x", payload: null }] },
      { lTime: 3, events: [{ name: "y", payload: null }] },
    ],
  });
  const { member_time, event_time, query_time } = node.core.stats();
  assertEquals([member_time, event_time, query_time], ["5", "4", "1"]);
  assertEquals(Object.fromEntries(stateOf(node).statusLTimes), { self: 0, a: 0, b: 4, c: 0 });
  assertEquals(node.all("user").map(({ name }) => name), ["y"]);
});

/** Statuses of so many nodes that nobody knows, and then one of `a`. */
function manyStatuses(count: number): Map<string, LamportTime> {
  const unknown = Array.from({ length: count }, (_, i): [string, LamportTime] => [`x${i}`, 3]);
  return new Map([...unknown, ["a", 7]]);
}

Deno.test("a large state is decoded and merged in slices", () => {
  const network = new SerfNetwork();
  const node = network.start("self", blind);
  node.meet("a");
  const state = { ...empty, statusLTimes: manyStatuses(20_000) };
  const statusOfA = () => stateOf(node).statusLTimes.get("a");
  exchange(node, { bytes: encodeSerf(state) });
  assertEquals(statusOfA(), 0);
  network.run(100);
  assertEquals(statusOfA(), 7);
});

Deno.test("of a large state that cannot be decoded nothing is merged", () => {
  const network = new SerfNetwork();
  const node = network.start("self", blind);
  node.meet("a");
  const bytes = encodeSerf({ ...empty, lTime: 9, statusLTimes: manyStatuses(20_000) });
  // The time of the last node becomes true.
  bytes[bytes.length - 1] = 0xc3;
  exchange(node, { bytes });
  network.run(100);
  assertEquals([stateOf(node).statusLTimes.get("a"), node.core.stats().member_time], [0, "1"]);
  assertEquals(node.logs("ERR").length, 1);
});
