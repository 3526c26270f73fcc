import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { Address } from "../../../lib/base/address.ts";
import type { Claim, PushPull } from "../../../lib/wire/messages/messages.ts";
import { addressOf, answer, claimOf, exchange, noSteps, startNode } from "../hand_world.ts";
import { cpuTimeMs } from "../../support/cpu_time.ts";

/** Claims about so many nodes that nobody has heard of. */
function invented(count: number, prefix = "x"): Claim[] {
  return Array.from({ length: count }, (_, i) => {
    const address = new Address(Uint8Array.of(10, 9, i >> 8, i & 0xff), 7946);
    return claimOf(`${prefix}${i}`, { address });
  });
}

function stateOf(nodes: readonly Claim[]): PushPull {
  return { type: "push-pull", join: true, nodes, userState: { bytes: Uint8Array.of(2, 0x80) } };
}

Deno.test("a state of 256 new nodes is merged at once, a larger one in slices", () => {
  const node = startNode();
  const { swim, world } = node;
  exchange(node, "n1", stateOf(invented(256)));
  assertEquals([swim.size, world.remoteStates.length], [257, 1]);
  exchange(node, "n1", stateOf(invented(1_000, "y")));
  assertEquals([swim.size, world.remoteStates.length], [577, 1]);
  world.run(1);
  assertEquals(swim.size, 769);
  world.run(20);
  assertEquals([swim.size, world.remoteStates.length], [1_257, 2]);
});

Deno.test("what the layer above has to merge is merged in slices, too", () => {
  let merged = 0;
  function* mergeRemoteState(): Generator<undefined> {
    for (; merged < 1_000; merged++) yield;
  }
  const { swim, world } = startNode({ delegate: { mergeRemoteState } });
  swim.join({ address: addressOf("n2") }, 7);
  answer(swim, world.requests[0].id, stateOf([claimOf("n2"), ...invented(199)]));
  assertEquals([swim.size, merged], [201, 119]);
  world.run(1);
  assertEquals([merged, world.eventsOf("done").length], [311, 0]);
  world.run(20);
  assertEquals([merged, world.eventsOf("done").length], [1_000, 1]);
});

Deno.test("a join is done when its state is merged, and may bring any number of nodes", () => {
  const { swim, world } = startNode();
  swim.join({ address: addressOf("n2") }, 7);
  const state = stateOf([claimOf("n2"), ...invented(5_000)]);
  answer(swim, world.requests[0].id, state);
  assertEquals([world.eventsOf("done"), swim.size], [[], 321]);
  world.run(100);
  assertEquals(world.eventsOf("done"), [{ type: "done", id: 7 }]);
  assertEquals(swim.size, 5_002);
});

Deno.test("an exchange that others start brings 1,024 new nodes, or four times as many as are known", () => {
  const { swim, world } = startNode();
  swim.accept(addressOf("n1"), stateOf([...invented(60_000), claimOf("n1")]));
  world.run(2_000);
  assertEquals(swim.size, 1_025);
  const warnings = world.eventsOf("log").filter(({ level }) => level === "WARN");
  assertEquals(warnings.map(({ text }) => text), [
    "memberlist: Ignored 58977 of the nodes that a push/pull told of, because they are too many",
  ]);
  swim.accept(addressOf("n1"), stateOf(invented(60_000)));
  world.run(4_000);
  assertEquals(swim.size, 5 * 1_025);
});

Deno.test("what is said of known nodes is merged, however many others there are", () => {
  const { swim, world } = startNode({ knows: ["n1"] });
  const news = claimOf("n1", { incarnation: 2 });
  swim.accept(addressOf("n1"), stateOf([...invented(3_000), news]));
  world.run(2_000);
  assertEquals(swim.claim("n1")?.incarnation, 2);
});

Deno.test("a slice of a made-up state takes milliseconds", () => {
  const { swim, world } = startNode();
  swim.join({ address: addressOf("n2") }, 7);
  answer(swim, world.requests[0].id, stateOf([claimOf("n2"), ...invented(60_000)]));
  let longest = 0;
  while (world.eventsOf("done").length === 0) {
    const startedAt = cpuTimeMs();
    world.run(1);
    longest = Math.max(longest, cpuTimeMs() - startedAt);
  }
  assertEquals(swim.size, 60_002);
  assertLess(longest, 500);
});

Deno.test("only a few states wait to be merged", () => {
  const { swim, world } = startNode();
  for (let i = 0; i < 6; i++) swim.accept(addressOf("n1"), stateOf(invented(900, `${i}-`)));
  const errors = world.eventsOf("log").filter(({ level }) => level === "ERR");
  assertEquals(errors.map(({ text }) => text), [
    "memberlist: Failed push/pull merge: too many states wait to be merged from=10.0.0.1:7946",
    "memberlist: Failed push/pull merge: too many states wait to be merged from=10.0.0.1:7946",
  ]);
  world.run(1_000);
  assertEquals(swim.size, 1 + 4 * 900);
});

Deno.test("a merge that throws keeps no others back", () => {
  let left = 1;
  const mergeRemoteState = () => {
    if (left-- > 0) throw new Error("trouble above");
    return noSteps;
  };
  const node = startNode({ delegate: { mergeRemoteState } });
  const { swim, world } = node;
  swim.accept(addressOf("n1"), stateOf([claimOf("n1")]));
  swim.accept(addressOf("n2"), stateOf([claimOf("n2")]));
  assertThrows(() => world.run(0), Error, "trouble above");
  assertEquals([swim.size, left], [2, 0]);
  world.run(1);
  assertEquals([swim.size, left], [3, -1]);
  exchange(node, "n3", stateOf([claimOf("n3")]));
  assertEquals(swim.size, 4);
});

Deno.test("no more nodes are known than maxMembers says", () => {
  const { swim, world } = startNode({ maxMembers: 10, knows: ["n1"] });
  swim.join({ address: addressOf("n2") }, 7);
  answer(swim, world.requests[0].id, stateOf([claimOf("n2"), ...invented(50)]));
  assertEquals(swim.size, 10);
  assert(swim.claim("n1") !== undefined && swim.claim("n2") !== undefined);
});

/** How many broadcasts a node queues that knows others when an exchange of its own has brought a state. */
function queuedAfter(knows: readonly string[], state: PushPull): number {
  const { swim, world } = startNode({ knows });
  world.runUntil(() => swim.queued === 0 || knows.length === 0);
  const before = swim.queued;
  swim.join({ address: addressOf("n2") }, 7);
  answer(swim, world.requests[world.requests.length - 1].id, state);
  world.runUntil(() => world.eventsOf("done").length > 0);
  return swim.queued - before;
}

Deno.test("who joins many nodes does not gossip what it was told of them", () => {
  assertEquals(queuedAfter([], stateOf(invented(129))), 0);
  assertEquals(queuedAfter(["n3"], stateOf([claimOf("n3"), ...invented(129)])), 0);
  const newer = claimOf("n3", { incarnation: 2 });
  assertEquals(queuedAfter(["n3"], stateOf([newer, ...invented(129)])), 1);
});

Deno.test("new nodes that are few are gossiped on, since gossip may have missed them", () => {
  assertEquals(queuedAfter([], stateOf(invented(128))), 128);
  const known = Array.from({ length: 140 }, (_, i) => `m${i}`);
  const claims = known.map((node) => claimOf(node));
  assertEquals(queuedAfter(known, stateOf([...claims, ...invented(140)])), 140);
  assertEquals(queuedAfter(known, stateOf([...claims, ...invented(141)])), 0);
});

Deno.test("dead nodes that we do not know are no news", () => {
  const dead = invented(200, "d").map((claim): Claim => ({ ...claim, state: "dead" }));
  assertEquals(queuedAfter(["n3"], stateOf([claimOf("n3"), ...dead, ...invented(5)])), 5);
});

Deno.test("when two clusters merge, each is told of the nodes of the other", () => {
  assertEquals(queuedAfter(["n3"], stateOf(invented(256))), 256);
  assertEquals(queuedAfter(["n3", "n4"], stateOf([claimOf("n4"), ...invented(256)])), 256);
  // One member that the other side has yet to hear of is no cluster.
  assertEquals(queuedAfter(["n3"], stateOf(invented(257))), 0);
});
