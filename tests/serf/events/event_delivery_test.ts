import { assertEquals } from "@std/assert";
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

Deno.test("members that come together are one event, after a second of quiet", () => {
  const { network, node } = startCoalescing();
  node.meet("a");
  network.run(900);
  node.meet("b");
  network.run(900);
  assertEquals(groups(node), []);
  network.run(101);
  assertEquals(groups(node), ["member-join a,b"]);
});

Deno.test("without any quiet, events are held back for three seconds", () => {
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

Deno.test("what is held back is delivered at the shutdown, and nothing after it", () => {
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
