import { assertEquals } from "@std/assert";
import { EncodedMessage } from "../../../lib/serf/encoded_message.ts";
import { profiles } from "../../../lib/swim/config.ts";
import type { SerfMessage } from "../../../lib/wire/messages/serf_messages.ts";
import { blind, SerfNetwork, type SerfNode } from "../serf_network.ts";

const coalescing = {
  ...blind,
  coalescePeriodMs: 3_000,
  quiescentPeriodMs: 1_000,
  userCoalescePeriodMs: 3_000,
  userQuiescentPeriodMs: 1_000,
};

function startCoalescing(): { network: SerfNetwork; node: SerfNode } {
  const network = new SerfNetwork();
  const node = network.start("self", coalescing);
  network.run(5_000);
  node.outputs.length = 0;
  return { network, node };
}

function event(name: string, lTime: number, coalesce: boolean): SerfMessage {
  return { type: "user-event", lTime, name, payload: null, coalesce };
}

/** Lets a node learn of events, as in `5 deploy`, by a push/pull with another one. */
function merge(node: SerfNode, events: readonly string[], { join = false } = {}): void {
  const slots = events.map((text) => {
    const [lTime, name] = text.split(" ");
    return { lTime: Number(lTime), events: [{ name, payload: null }] };
  });
  const userState = new EncodedMessage({
    type: "push-pull",
    lTime: 0,
    eventLTime: 0,
    queryLTime: 0,
    statusLTimes: new Map(),
    leftMembers: [],
    events: slots,
  });
  node.exchange(userState, { join });
}

/** The names in each event that was delivered. */
function groups(node: SerfNode): string[] {
  return node.outputs.flatMap((output) =>
    "members" in output
      ? [`${output.type} ${output.members.map(({ name }) => name).join(",")}`]
      : output.type === "user"
      ? [`${output.lTime} ${output.name}`]
      : []
  );
}

Deno.test("members that join together are one event, after a second without another", () => {
  const { network, node } = startCoalescing();
  node.meet("a");
  network.run(900);
  node.meet("b");
  network.run(900);
  assertEquals(groups(node), []);
  network.run(101);
  assertEquals(groups(node), ["member-join a,b"]);
});

Deno.test("if events keep coming, they are held back for three seconds", () => {
  const { network, node } = startCoalescing();
  for (const name of "abcde") {
    node.meet(name);
    network.run(599);
  }
  assertEquals(groups(node), []);
  network.run(6);
  assertEquals(groups(node), ["member-join a,b,c,d,e"]);
});

Deno.test("user events are coalesced only if their sender allows it, and apart from members", () => {
  const { network, node } = startCoalescing();
  node.hear(event("x", 1, true), event("x", 2, true), event("y", 3, false));
  node.meet("a");
  assertEquals(groups(node), ["3 y"]);
  network.run(1_001);
  assertEquals(groups(node).toSorted(), ["2 x", "3 y", "member-join a"]);
});

Deno.test("queries are not held back", () => {
  const { node } = startCoalescing();
  node.core.query("q", null, { id: 1 });
  assertEquals(node.all("query").length, 1);
});

Deno.test("held back events are delivered at the shutdown, and nothing is delivered after it", () => {
  const { network, node } = startCoalescing();
  node.meet("a");
  node.hear(event("x", 1, true));
  node.core.shutdown();
  assertEquals(groups(node), ["member-join a", "1 x"]);
  network.run(5_000);
  assertEquals(groups(node).length, 2);
});

Deno.test("a period of 0 turns coalescing off, for each kind of event by itself", () => {
  const network = new SerfNetwork();
  const node = network.start("self", { ...coalescing, coalescePeriodMs: 0 });
  node.meet("a");
  node.hear(event("x", 1, true));
  assertEquals(groups(node), ["member-join self", "member-join a"]);
});

Deno.test("events that a state exchange brings before gossip are coalesced as gossip says", () => {
  const { network, node } = startCoalescing();
  merge(node, ["1 x", "2 x"]);
  node.hear(event("x", 3, true), event("x", 1, true), event("x", 2, true));
  network.run(1_001);
  assertEquals(groups(node), ["3 x"]);
  merge(node, ["4 x", "5 x"]);
  network.run(1_001);
  assertEquals(groups(node), ["3 x", "5 x"]);
});

Deno.test("events that a state exchange brings are all delivered if gossip says so, before later ones", () => {
  const { node } = startCoalescing();
  merge(node, ["2 x", "1 x", "3 y"]);
  assertEquals(groups(node), []);
  node.hear(event("x", 1, false));
  assertEquals(groups(node), ["1 x", "2 x"]);
  node.hear(event("y", 4, false));
  assertEquals(groups(node), ["1 x", "2 x", "3 y", "4 y"]);
});

Deno.test("events of which gossip says nothing are all delivered when the window closes", () => {
  const { network, node } = startCoalescing();
  merge(node, ["2 x", "1 x", "3 y"]);
  network.run(1_001);
  assertEquals(groups(node), ["1 x", "2 x", "3 y"]);
});

Deno.test("the events of a join are delivered at once, as in Serf", () => {
  const { node } = startCoalescing();
  merge(node, ["1 x", "2 x"], { join: true });
  assertEquals(groups(node), ["1 x", "2 x"]);
});

Deno.test("a window never brings back what is older than what was delivered", () => {
  const { network, node } = startCoalescing();
  node.hear(event("x", 5, true));
  network.run(1_001);
  node.hear(event("x", 4, true), event("y", 1, true));
  merge(node, ["3 x"]);
  network.run(1_001);
  assertEquals(groups(node), ["5 x", "1 y"]);
  node.hear(event("x", 6, true), event("x", 7, false));
  network.run(1_001);
  assertEquals(groups(node), ["5 x", "1 y", "7 x"]);
});

for (const startMs of [250, 299, 950, 2_950]) {
  Deno.test(`events are coalesced although state exchanges follow a join ${startMs} ms before`, () => {
    const network = new SerfNetwork();
    const config = { ...coalescing, profile: { ...profiles.lan, eagerGossip: false } };
    const [a, b] = ["a", "b"].map((name) => network.start(name, config));
    b.core.join([a.address], { id: 1, ignoreOld: true });
    network.run(startMs);
    for (let i = 1; i <= 5; i++) {
      a.core.userEvent("x", null, { coalesce: true });
      network.run(20);
    }
    network.run(5_000);
    for (const node of [a, b]) assertEquals(groups(node).slice(-1), ["5 x"], node.core.local.name);
    assertEquals(b.all("user").length, 1);
  });
}
