import { assertEquals } from "@std/assert";
import type { MemberStatus } from "../../../lib/api/member.ts";
import { MemberRecord } from "../../../lib/serf/members/member_table.ts";
import {
  addressOf,
  blind,
  claimOf,
  join,
  leave,
  SerfNetwork,
  type SerfNode,
  stateOf,
} from "../serf_network.ts";

/** A node without others. */
function startLoner(network = new SerfNetwork()): SerfNode {
  const node = network.start("self", blind);
  node.outputs.length = 0;
  return node;
}

const statuses = ["alive", "leaving", "left", "failed"] as const;
type KnownStatus = (typeof statuses)[number];

/** Lets a node know a member `a` that has a status since Lamport time 5. */
function bringAbout(node: SerfNode, status: KnownStatus): void {
  node.meet("a");
  node.hear(status === "alive" || status === "failed" ? join("a", 5) : leave("a", 5));
  if (status === "left" || status === "failed") node.bury("a");
  assertEquals(node.status("a"), status);
}

/** The time of a member in a state exchange. Receivers take it for that of a join, so that of a leave is one later. */
function toldTime(status: MemberStatus, lTime: number): number {
  return status === "leaving" ? lTime - 1 : lTime;
}

/** The status after an intent that is news. */
const after: Record<"join" | "leave", Record<KnownStatus, MemberStatus>> = {
  join: { alive: "alive", leaving: "alive", left: "left", failed: "failed" },
  leave: { alive: "leaving", leaving: "leaving", left: "left", failed: "left" },
};

for (const status of statuses) {
  for (const type of ["join", "leave"] as const) {
    for (const lTime of [4, 5, 6]) {
      const isNews = lTime > 5;
      const expected = isNews ? after[type][status] : status;
      Deno.test(`a member ${status} since 5 is ${expected} after a ${type} intent of ${lTime}`, () => {
        const node = startLoner();
        bringAbout(node, status);
        const queued = Number(node.core.stats().intent_queue);
        node.hear(type === "join" ? join("a", lTime) : leave("a", lTime));
        assertEquals(node.status("a"), expected);
        const told = stateOf(node).statusLTimes.get("a");
        assertEquals(told, toldTime(expected, isNews ? 6 : 5));
        assertEquals(Number(node.core.stats().intent_queue) - queued, isNews ? 1 : 0);
      });
    }
  }
}

for (const first of ["join", "leave"] as const) {
  for (const second of ["join", "leave"] as const) {
    for (const lTime of [4, 5, 6]) {
      const wins = lTime > 5 ? second : first;
      const expected = wins === "join" ? "alive" : "leaving";
      Deno.test(`about an unknown node, a ${first} intent of 5 and a ${second} intent of ${lTime} make it ${expected}`, () => {
        const node = startLoner();
        node.hear(first === "join" ? join("a", 5) : leave("a", 5));
        node.hear(second === "join" ? join("a", lTime) : leave("a", lTime));
        assertEquals(Number(node.core.stats().intent_queue), lTime > 5 ? 2 : 1);
        assertEquals(node.status("a"), undefined);
        node.meet("a");
        assertEquals(node.status("a"), expected);
        const told = stateOf(node).statusLTimes.get("a");
        assertEquals(told, toldTime(expected, Math.max(5, lTime)));
        assertEquals(node.memberEvents(), ["member-join a"]);
      });
    }
  }
}

Deno.test("a buffered intent is forgotten after five minutes", () => {
  const network = new SerfNetwork();
  const node = startLoner(network);
  node.hear(leave("a", 5));
  network.run(5 * 60_000 + 15_000);
  node.meet("a");
  assertEquals(node.status("a"), "alive");
  assertEquals(stateOf(node).statusLTimes.get("a"), 0);
});

Deno.test("every intent advances the clock, even one that is not news", () => {
  const node = startLoner();
  node.hear(join("a", 7));
  assertEquals(node.core.stats().member_time, "8");
  node.hear(leave("a", 7));
  assertEquals(node.core.stats().member_time, "8");
  node.hear(leave("a", 9));
  assertEquals(node.core.stats().member_time, "10");
});

Deno.test("intents tell leaving from failing, and SWIM does not", () => {
  const node = startLoner();
  node.meet("a", "b");
  node.hear(leave("a", 5));
  node.bury("a");
  node.hearSwim({ type: "dead", node: "b", incarnation: 1, from: "b" });
  assertEquals([node.status("a"), node.status("b")], ["left", "failed"]);
  assertEquals(node.memberEvents(), [
    "member-join a",
    "member-join b",
    "member-leave a",
    "member-failed b",
  ]);
  assertEquals(node.logs("INFO").slice(2), [
    "EventMemberLeave: a 10.0.0.97",
    "EventMemberFailed: b 10.0.0.98",
  ]);
  assertEquals([node.core.stats().left, node.core.stats().failed], ["1", "1"]);
});

Deno.test("a leave intent about a failed member makes it left, with an event", () => {
  const node = startLoner();
  bringAbout(node, "failed");
  node.outputs.length = 0;
  node.hear(leave("a", 6));
  assertEquals(node.memberEvents(), ["member-leave a"]);
  assertEquals(node.logs("INFO"), ["EventMemberLeave (forced): a 10.0.0.97"]);
  assertEquals(stateOf(node).leftMembers, ["a"]);
});

Deno.test("a member that comes back is alive, at its new address, and off the lists", () => {
  const node = startLoner();
  bringAbout(node, "failed");
  const address = addressOf("z");
  // Only a node that left may come back elsewhere.
  node.hearSwim({ type: "dead", node: "a", incarnation: 1, from: "a" });
  node.hearSwim({ type: "alive", claim: claimOf("a", { incarnation: 2 }) });
  assertEquals(node.status("a"), "alive");
  assertEquals([node.core.stats().left, node.core.stats().failed], ["0", "0"]);
  node.hear(leave("a", 9));
  node.hearSwim({ type: "dead", node: "a", incarnation: 2, from: "a" });
  node.hearSwim({ type: "alive", claim: claimOf("a", { incarnation: 3, address }) });
  assertEquals(node.status("a"), "alive");
  assertEquals(node.core.member("a")?.address, address);
  assertEquals(node.memberEvents().filter((e) => e === "member-join a").length, 3);
});

Deno.test("a leave intent about ourselves is refuted and not gossiped on", () => {
  const network = new SerfNetwork();
  const node = startLoner(network);
  node.meet("a");
  node.hear(leave("self", 20));
  assertEquals(node.status("self"), "alive");
  assertEquals(stateOf(node).statusLTimes.get("self"), 21);
  const copies = () => node.lost.map(({ message }) => message);
  network.run(1);
  assertEquals(copies(), [join("self", 21)]);
  network.run(10);
  assertEquals(copies(), [join("self", 21), join("self", 21)]);
});

Deno.test("an old intent about ourselves needs no refutation", () => {
  const node = startLoner();
  node.hear(join("self", 20), leave("self", 20));
  assertEquals(node.core.stats().intent_queue, "1");
});

Deno.test("a member that left, or that failed and gets a leave intent, is pruned at once", () => {
  for (const status of ["left", "failed"] as const) {
    const node = startLoner();
    bringAbout(node, status);
    node.hear(leave("a", 6, true));
    assertEquals(node.status("a"), undefined);
    assertEquals(node.memberEvents().at(-1), "member-reap a");
    assertEquals(node.logs("INFO").at(-1), "EventMemberReap (forced): a 10.0.0.97");
    assertEquals(stateOf(node).leftMembers, []);
  }
});

Deno.test("a live member is pruned after the time that it needs to leave", () => {
  for (const status of ["alive", "leaving"] as const) {
    const network = new SerfNetwork();
    const node = startLoner(network);
    bringAbout(node, status);
    node.hear(leave("a", 6, true));
    assertEquals(node.status("a"), "leaving");
    network.run(3_000);
    node.bury("a");
    assertEquals(node.status("a"), "left");
    network.run(2_999);
    assertEquals(node.status("a"), "left");
    network.run(1);
    assertEquals(node.status("a"), undefined);
    assertEquals(node.memberEvents().slice(-2), ["member-leave a", "member-reap a"]);
  }
});

Deno.test("a member that refutes its leave is not pruned", () => {
  const network = new SerfNetwork();
  const node = startLoner(network);
  bringAbout(node, "alive");
  node.hear(leave("a", 6, true), join("a", 7));
  network.run(10_000);
  assertEquals(node.status("a"), "alive");
});

Deno.test("a member that was pruned alive is told after a while, and is back when it refutes", () => {
  // It may have announced itself before the leave, or at the same Lamport time.
  for (const joined of [5, 6]) {
    const network = new SerfNetwork();
    const node = network.start("self", { ...blind, reconnectIntervalMs: 20_000 });
    node.meet("a");
    node.hear(leave("a", 6, true));
    network.run(6_000);
    assertEquals(node.status("a"), undefined);
    node.lost.length = 0;
    node.hear(join("a", joined));
    assertEquals(node.lost, []);
    network.run(20_001);
    node.hear(join("a", joined));
    assertEquals(node.lost, [{ to: addressOf("a"), message: leave("a", 7) }]);
    node.hear(join("a", 8));
    assertEquals(node.status("a"), "alive");
    assertEquals(node.memberEvents().slice(-2), ["member-reap a", "member-join a"]);
  }
});

Deno.test("a member that was pruned alive and dies is forgotten", () => {
  const network = new SerfNetwork();
  const node = startLoner(network);
  node.meet("a");
  node.hear(leave("a", 6, true));
  network.run(6_000);
  node.bury("a");
  node.hear(join("a", 8));
  assertEquals(node.status("a"), undefined);
});

Deno.test("a member that was pruned alive is back also at a core that goes on from a saved one", () => {
  const network = new SerfNetwork();
  const node = startLoner(network);
  node.meet("a");
  node.hear(leave("a", 6, true));
  network.run(6_000);
  assertEquals(node.status("a"), undefined);
  const again = network.start("other", blind, { checkpoint: node.core.save() });
  again.hear(join("a", 8));
  assertEquals(again.status("a"), "alive");
});

Deno.test("a node never prunes itself", () => {
  const network = new SerfNetwork();
  const node = startLoner(network);
  node.meet("a");
  node.core.leave({ id: 1 });
  node.hear(leave("self", 50, true));
  network.run(20_000);
  assertEquals(node.core.local.status, "left");
});

Deno.test("members that failed or left long ago are reaped, each after its own time", () => {
  const network = new SerfNetwork();
  const node = network.start("self", {
    ...blind,
    reconnectTimeoutMs: 60_000,
    tombstoneTimeoutMs: 120_000,
  });
  node.meet("a", "b");
  node.hear(leave("b", 5));
  node.bury("a");
  node.bury("b");
  node.outputs.length = 0;
  network.run(61_000);
  assertEquals(node.memberEvents(), []);
  network.run(15_000);
  assertEquals(node.memberEvents(), ["member-reap a"]);
  network.run(60_000);
  assertEquals(node.memberEvents(), ["member-reap a", "member-reap b"]);
  const reaps = node.logs("INFO").filter((text) => text.startsWith("EventMember"));
  assertEquals(reaps, ["EventMemberReap: a", "EventMemberReap: b"]);
  assertEquals(node.core.members().map(({ name }) => name), ["self"]);
});

Deno.test("each member may have its own time until it is reaped", () => {
  const network = new SerfNetwork();
  const asked: string[] = [];
  const node = network.start("self", {
    ...blind,
    reconnectTimeoutMs: 60_000,
    tombstoneTimeoutMs: 120_000,
    reconnectTimeoutOverride: (member, timeoutMs) => {
      asked.push(`${member.name} ${member.status} ${timeoutMs}`);
      return member.name === "a" ? 10_000 : timeoutMs;
    },
  });
  node.meet("a", "b", "c");
  node.hear(leave("c", 5));
  for (const name of ["a", "b", "c"]) node.bury(name);
  node.outputs.length = 0;
  network.run(31_000);
  assertEquals(node.memberEvents(), ["member-reap a"]);
  assertEquals(asked.slice(0, 3), ["a failed 60000", "b failed 60000", "c left 120000"]);
  network.run(45_000);
  assertEquals(node.memberEvents(), ["member-reap a", "member-reap b"]);
});

Deno.test("a failed member that was force-left is reaped by the time of its failure", () => {
  const network = new SerfNetwork();
  const node = network.start("self", { ...blind, tombstoneTimeoutMs: 60_000 });
  node.meet("a");
  node.bury("a");
  network.run(40_000);
  node.hear(leave("a", 5));
  network.run(36_000);
  assertEquals(node.status("a"), undefined);
});

Deno.test("a member that is still here minutes after a leave intent is alive", () => {
  const network = new SerfNetwork();
  const node = startLoner(network);
  node.meet("a", "b");
  node.hear(leave("a", 5), leave("b", 5));
  network.run(200_000);
  node.bury("b");
  network.run(90_000);
  assertEquals([node.status("a"), node.status("b")], ["leaving", "left"]);
  network.run(30_000);
  assertEquals([node.status("a"), node.status("b")], ["alive", "left"]);
  assertEquals(node.memberEvents(), ["member-join a", "member-join b", "member-leave b"]);
});

Deno.test("a repeated leave intent counts from the first one", () => {
  const network = new SerfNetwork();
  const node = startLoner(network);
  node.meet("a");
  node.hear(leave("a", 5));
  network.run(200_000);
  node.hear(leave("a", 6));
  network.run(120_000);
  assertEquals(node.status("a"), "alive");
});

Deno.test("new tags make an update event, with new versions if they come together", () => {
  const node = startLoner();
  node.meet("a");
  const meta = Uint8Array.of(0x64, 0x62);
  const versions = { ...claimOf("a").versions!, delegateCur: 2 };
  node.hearSwim({ type: "alive", claim: claimOf("a", { incarnation: 2, meta, versions }) });
  const member = node.core.member("a")!;
  assertEquals(member.tags, { role: "db" });
  assertEquals(member.delegateCur, 2);
  assertEquals(node.memberEvents().at(-1), "member-update a");
  assertEquals(node.logs("INFO").at(-1), "EventMemberUpdate: a");
});

Deno.test("a member's public view is made once and does not change", () => {
  const node = startLoner();
  node.meet("a");
  const before = node.core.member("a")!;
  assertEquals(node.core.member("a") === before, true);
  node.hear(leave("a", 5));
  assertEquals(before.status, "alive");
  assertEquals(node.core.member("a")?.status, "leaving");
});

Deno.test("two nodes of a process that believe the same of a member share its record", () => {
  MemberRecord.share();
  const network = new SerfNetwork();
  const nodes = [network.start("m", blind), network.start("n", blind)];
  const claim = claimOf("a");
  for (const node of nodes) node.hearSwim({ type: "alive", claim });
  const [m, n] = nodes.map((node) => node.core.member("a"));
  assertEquals(m === n, true);
});

Deno.test("damaged tags are logged whenever a member joins with them or changes them", () => {
  const node = startLoner();
  const meta = Uint8Array.of(0xff, 0x81, 0xa1);
  node.hearSwim({ type: "alive", claim: claimOf("a", { meta }) });
  const line = "Failed to decode tags: Cannot decode MessagePack: input ends inside a value";
  assertEquals(node.logs("ERR"), [line]);
  node.hearSwim({ type: "alive", claim: claimOf("a", { incarnation: 2 }) });
  assertEquals(node.logs("ERR"), [line]);
  node.hearSwim({ type: "alive", claim: claimOf("a", { incarnation: 3, meta }) });
  assertEquals(node.logs("ERR"), [line, line]);
});

Deno.test("when maxMembers are known, a new member takes the place of one that left or failed", () => {
  const network = new SerfNetwork();
  const node = network.start("self", { maxMembers: 2 });
  node.meet("a", "b");
  assertEquals(node.core.members().length, 2);
  for (const name of ["a", "b"]) node.bury(name);
  network.run(60_000);
  node.meet("c");
  assertEquals(node.core.members().map(({ name }) => name), ["self", "c"]);
  assertEquals(node.memberEvents().at(-2)?.startsWith("member-reap"), true);
});
