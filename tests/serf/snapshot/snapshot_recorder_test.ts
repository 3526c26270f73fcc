import { assertEquals } from "@std/assert";
import { formatEntry, type SnapshotState } from "../../../lib/serf/snapshot/snapshot.ts";
import type { QueryMessage } from "../../../lib/wire/messages/serf_messages.ts";
import {
  addressOf,
  blind,
  bytes,
  claimOf,
  join,
  leave,
  SerfNetwork,
  type SerfNode,
} from "../serf_network.ts";

const blank: SnapshotState = {
  alive: new Map(),
  lost: new Map(),
  clock: 0,
  eventClock: 0,
  queryClock: 0,
};

/** A node that keeps a snapshot, and the lines of the snapshot so far. */
function startRecorder(
  snapshot: SnapshotState = blank,
): { network: SerfNetwork; node: SerfNode; lines: () => string[] } {
  const network = new SerfNetwork();
  const node = network.start("self", blind, { snapshot });
  return {
    network,
    node,
    lines: () => node.all("snapshot").map(({ entry }) => formatEntry(entry).trimEnd()),
  };
}

function query(lTime: number, name: string): QueryMessage {
  return {
    type: "query",
    lTime,
    id: lTime,
    address: addressOf("?"),
    sourceNode: "?",
    filters: null,
    flags: 0,
    relayFactor: 0,
    timeoutNs: 1e9,
    name,
    payload: null,
  };
}

Deno.test("members are recorded as they come and go, each time with the clock if it has advanced", () => {
  const { node, lines } = startRecorder();
  node.meet("a");
  node.hear(leave("a", 5));
  node.bury("a");
  node.meet("b");
  node.bury("b");
  assertEquals(lines(), [
    "alive: self 10.0.0.115:7946",
    "alive: a 10.0.0.97:7946",
    "not-alive: a",
    "clock: 5",
    "alive: b 10.0.0.98:7946",
    "not-alive: b",
    "# lost: b 10.0.0.98:7946",
  ]);
});

Deno.test("a member that was lost before a restart is recorded as gone once it is known to have left", () => {
  const { node, lines } = startRecorder({ ...blank, lost: new Map([["a", addressOf("a")]]) });
  node.hear(leave("a", 5));
  assertEquals(lines().slice(1, 2), ["not-alive: a"]);
});

Deno.test("updates and reaps are not recorded, but the clock is", () => {
  const { node, lines } = startRecorder();
  node.meet("a");
  node.hear(leave("a", 5));
  node.hearSwim({ type: "alive", claim: claimOf("a", { incarnation: 2, meta: bytes("x") }) });
  assertEquals(lines().slice(2), ["clock: 5"]);
  node.hearSwim({ type: "dead", node: "a", incarnation: 2, from: "a" });
  node.hear(leave("a", 9, true));
  assertEquals(lines().slice(3), ["not-alive: a", "clock: 9"]);
});

Deno.test("the clock is also recorded every half second", () => {
  const { network, node, lines } = startRecorder();
  node.hear(join("stranger", 7));
  assertEquals(lines().length, 1);
  network.run(500);
  assertEquals(lines().slice(1), ["clock: 7"]);
  network.run(5_000);
  assertEquals(lines().length, 2);
});

Deno.test("events and queries that are delivered are recorded when they are later than any before", () => {
  const { node, lines } = startRecorder();
  node.hear({ type: "user-event", lTime: 5, name: "x", payload: null, coalesce: true });
  node.hear({ type: "user-event", lTime: 4, name: "x", payload: null, coalesce: true });
  node.hear(query(3, "q"), query(2, "q"), query(6, "_serf_ping"));
  node.hear({ ...query(9, "q"), filters: [Uint8Array.of(0, 0x90)] });
  assertEquals(lines().slice(1), ["event-clock: 5", "query-clock: 3", "query-clock: 6"]);
});

Deno.test("what is in the snapshot already is not recorded again", () => {
  const { network, node, lines } = startRecorder({
    ...blank,
    clock: 8,
    eventClock: 5,
    queryClock: 3,
  });
  assertEquals([node.core.stats().member_time, node.core.stats().event_time], ["9", "6"]);
  network.run(1_000);
  assertEquals(lines(), ["alive: self 10.0.0.115:7946"]);
  node.core.userEvent("x", null);
  node.core.query("q", null, { id: 1 });
  node.hear(join("stranger", 9));
  network.run(500);
  assertEquals(lines().slice(1), ["event-clock: 6", "query-clock: 4", "clock: 9"]);
});

Deno.test("after a leave only the clock is recorded", () => {
  const { network, node, lines } = startRecorder();
  node.meet("a");
  node.core.leave({ id: 1 });
  node.core.userEvent("x", null);
  node.hear(query(3, "q"), join("stranger", 7));
  node.bury("a");
  network.run(9_000);
  assertEquals(lines().slice(2), ["leave", "clock: 7"]);
});

Deno.test("the clock is recorded once more at the shutdown", () => {
  const { node, lines } = startRecorder();
  node.hear(join("stranger", 7));
  node.core.shutdown();
  assertEquals(lines().at(-1), "clock: 7");
});

Deno.test("members are recorded one by one, whatever is coalesced", () => {
  const network = new SerfNetwork();
  const config = { ...blind, coalescePeriodMs: 3_000, quiescentPeriodMs: 1_000 };
  const node = network.start("self", config, { snapshot: blank });
  node.meet("a", "b");
  assertEquals(node.memberEvents(), []);
  assertEquals(node.all("snapshot").length, 3);
});

Deno.test("without a snapshot nothing is recorded", () => {
  const network = new SerfNetwork();
  const node = network.start("self", blind);
  node.meet("a");
  network.run(5_000);
  assertEquals(node.all("snapshot"), []);
});
