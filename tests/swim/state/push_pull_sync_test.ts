import { assert, assertEquals } from "@std/assert";
import { Address } from "../../../lib/base/address.ts";
import type { Claim, Opaque, PushPull } from "../../../lib/wire/messages/messages.ts";
import {
  addressOf,
  aliveOf,
  answer,
  claimOf,
  exchange,
  fail,
  hear,
  type StartedNode,
  startNode,
  viewOf,
} from "../hand_world.ts";

function stateOf(nodes: readonly Claim[], changes: Partial<PushPull> = {}): PushPull {
  return { type: "push-pull", join: false, nodes, userState: null, ...changes };
}

const userState: Opaque = { bytes: Uint8Array.of(2, 0x80) };

Deno.test("a join sends our state, merges theirs, and is done", () => {
  const { swim, world } = startNode({ knows: ["n1"], delegate: { localState: () => userState } });
  swim.join({ address: addressOf("n2") }, 7);
  const [{ to, exchange, id }] = world.requests;
  assertEquals([to.text, exchange.timeoutMs], ["10.0.0.2:7946", 10_000]);
  assert(exchange.message.type === "push-pull");
  assertEquals(exchange.message.nodes.map((claim) => claim.node).sort(), ["n1", "self"]);
  assertEquals([exchange.message.join, exchange.message.userState], [true, userState]);
  const theirs = { bytes: Uint8Array.of(2, 0x80, 1) };
  answer(swim, id, stateOf([claimOf("n2"), claimOf("n3")], { join: true, userState: theirs }));
  assertEquals([...swim.claims()].map((claim) => claim.node).sort(), ["n1", "n2", "n3", "self"]);
  assertEquals(world.events.map((event) => event.type), [
    "log",
    "node-join",
    "node-join",
    "done",
  ]);
  assertEquals(world.remoteStates, [{ state: theirs, join: true }]);
  assertEquals(world.eventsOf("done"), [{ type: "done", id: 7 }]);
});

/** A node that has just joined `n1`, and what `n1` has told it of. */
function joinedNode(
  { knows, told, seed }: {
    knows?: readonly string[];
    told: readonly string[];
    seed?: number;
  },
) {
  const { swim, world } = startNode({ knows, seed });
  const join = () => {
    swim.join({ address: addressOf("n1") }, 7);
    const [{ id }] = world.requests.splice(0);
    answer(swim, id, stateOf(told.map((node) => claimOf(node)), { join: true }));
    world.runUntil(() => world.eventsOf("done").splice(0).length > 0);
  };
  join();
  return { swim, world, join };
}

/** How far from its time an exchange may be, as a share of it, and how exactly we look. */
const SPREAD = 0.2;
const STEP_MS = 100;

/** When a node exchanges state in the next ten seconds. It hears of another node in each tenth of a second if `stirring`. */
function exchangeTimes({ swim, world }: StartedNode, { stirring = false } = {}): number[] {
  const start = world.now;
  const times: number[] = [];
  for (let i = 0; i < 100; i++) {
    world.run(STEP_MS / 2);
    if (stirring) hear(swim, aliveOf(`other${i}`));
    world.run(STEP_MS / 2);
    for (const { exchange } of world.requests.splice(0)) {
      assert(exchange.message.type === "push-pull" && !exchange.message.join);
      times.push(world.now - start);
    }
  }
  return times;
}

/** Holds if there were exchanges at about these times, and no others. */
function assertTimes(times: readonly number[], wanted: readonly number[]): void {
  const isNear = (time: number, i: number) =>
    time >= wanted[i] * (1 - SPREAD) && time <= wanted[i] * (1 + SPREAD) + STEP_MS;
  const shown = `exchanges after ${times} ms, expected ${wanted}`;
  assert(times.length === wanted.length && times.every(isNear), shown);
}

const namesUpTo = (size: number) => Array.from({ length: size }, (_, i) => `n${i + 1}`);

Deno.test("who has joined exchanges state again as long as others join, less in large clusters", () => {
  for (const size of [2, 1_000, 1_100]) {
    const times = exchangeTimes(joinedNode({ told: namesUpTo(size) }), { stirring: true });
    assertTimes(times, size > 1_024 ? [3_000] : [300, 1_000, 3_000]);
  }
});

Deno.test("after another join it is that one's turn", () => {
  const node = joinedNode({ told: ["n1", "n2"] });
  node.world.run(200);
  node.join();
  assertTimes(exchangeTimes(node, { stirring: true }), [300, 1_000, 3_000]);
});

Deno.test("who hears of nobody else exchanges state again among few, once in a pair, and not among many", () => {
  const expected = { 1: [3_000], 2: [300, 1_000, 3_000], 31: [300, 1_000, 3_000], 32: [] };
  for (const [size, times] of Object.entries(expected)) {
    assertTimes(exchangeTimes(joinedNode({ told: namesUpTo(Number(size)) })), times);
  }
});

Deno.test("who brings others along when it joins exchanges state again in any case", () => {
  const node = joinedNode({ knows: ["n50"], told: namesUpTo(40) });
  assertTimes(exchangeTimes(node), [300, 1_000, 3_000]);
});

Deno.test("nodes that join at once exchange state at different times", () => {
  const told = namesUpTo(3);
  const nodes = [1, 2, 3, 4, 5, 6].map((seed) => joinedNode({ told, seed }));
  const last = nodes.map((node) => exchangeTimes(node).at(-1));
  assert(new Set(last).size >= 4, `the last exchanges come after ${last} ms`);
});

Deno.test("a node that failed to join does not exchange state again", () => {
  const { swim, world } = startNode({ knows: ["n1"] });
  swim.join({ address: addressOf("n2") }, 1);
  fail(swim, world.requests.splice(0)[0].id, "EOF");
  world.run(20_000);
  assertEquals(world.requests, []);
});

Deno.test("the delegate is told whether its state is for a join", () => {
  const asked: boolean[] = [];
  const localState = (join: boolean) => {
    asked.push(join);
    return null;
  };
  const { swim } = startNode({ delegate: { localState } });
  swim.join({ address: addressOf("n2") }, 1);
  for (const join of [false, true]) {
    const reply = swim.accept(addressOf("n2"), stateOf([], { join }));
    assert(reply?.type === "push-pull");
    assertEquals(reply.join, join);
  }
  assertEquals(asked, [true, false, true]);
});

Deno.test("a join that fails ends in an error that says why", () => {
  const cases: [(swim: StartedNode["swim"], id: number) => void, string][] = [
    [
      (swim, id) => fail(swim, id, "dial tcp 10.0.0.2:7946: connect: connection refused"),
      "dial tcp 10.0.0.2:7946: connect: connection refused",
    ],
    [
      (swim, id) => answer(swim, id, { type: "err", error: "no way" }),
      "remote error: no way",
    ],
    [
      (swim, id) => answer(swim, id, { type: "ack", sequence: 1, payload: null }),
      "received invalid msgType (ack), expected push-pull",
    ],
    [
      (swim, id) => answer(swim, id, stateOf([claimOf("n2", { versions: null })])),
      "Node 'n2' protocol version (0) is incompatible: [1, 5]",
    ],
  ];
  for (const [happen, problem] of cases) {
    const { swim, world } = startNode();
    swim.join({ address: addressOf("n2") }, 7);
    happen(swim, world.requests[0].id);
    const error = `failed to join 10.0.0.2:7946: ${problem}`;
    assertEquals(world.eventsOf("done"), [{ type: "done", id: 7, error }]);
    assertEquals(world.log("DEBUG"), [
      "memberlist: Initiating push/pull sync with:  10.0.0.2:7946",
      `memberlist: ${error}`,
    ]);
    assertEquals(swim.size, 1);
  }
});

Deno.test("an exchange is answered before the state that it brings is merged", () => {
  const { swim, world } = startNode({ knows: ["n1"] });
  const state = stateOf([claimOf("n2")], { join: true, userState });
  const reply = swim.accept(addressOf("n2"), state);
  assertEquals(viewOf(swim, "n2"), "unknown");
  world.run(0);
  assertEquals(world.remoteStates.map(({ join }) => join), [true]);
  assert(reply?.type === "push-pull");
  assertEquals(reply.nodes.map((claim) => claim.node).sort(), ["n1", "self"]);
  assertEquals(viewOf(swim, "n2"), "alive 1");
});

Deno.test("an exchange with incompatible versions is answered, but not merged", () => {
  const { swim, world } = startNode();
  const state = stateOf([claimOf("n2"), claimOf("n3", { versions: null })], { userState });
  assert(swim.accept(addressOf("n2"), state) !== null);
  assertEquals(swim.size, 1);
  assertEquals(world.remoteStates, []);
  assertEquals(world.log("ERR"), [
    "memberlist: Failed push/pull merge: Node 'n3' protocol version (0) is incompatible: [1, 5] " +
    "from=10.0.0.2:7946",
  ]);
});

Deno.test("merging makes a dead node suspect, and a left node left", () => {
  const node = startNode({ knows: ["n1", "n2", "n3", "n4"] });
  const { swim, world } = node;
  const remote = (node: string, state: Claim["state"], incarnation: number) =>
    claimOf(node, { state, incarnation });
  const claims = [
    remote("n1", "alive", 3),
    remote("n2", "suspect", 1),
    remote("n3", "dead", 2),
    remote("n4", "left", 1),
    remote("n5", "dead", 1),
  ];
  exchange(node, "n9", stateOf(claims));
  assertEquals(["n1", "n2", "n3", "n4", "n5"].map((node) => viewOf(swim, node)), [
    "alive 3",
    "suspect 1",
    "suspect 2",
    "left 1",
    "unknown",
  ]);
  assertEquals(world.eventsOf("node-leave").map((event) => event.claim.node), ["n4"]);
});

Deno.test("a state in which we are suspect, dead or left is refuted", () => {
  const node = startNode();
  const { swim, world } = node;
  for (const state of ["suspect", "dead", "left"] as const) {
    const incarnation = swim.claim("self")?.incarnation;
    exchange(node, "n1", stateOf([claimOf("self", { state, incarnation })]));
  }
  assertEquals(viewOf(swim, "self"), "alive 4");
  assertEquals(world.log("WARN").length, 3);
});

Deno.test("port 0 in a state stands for our own port", () => {
  const node = startNode();
  const { swim } = node;
  const { ip } = addressOf("n1");
  exchange(node, "n1", stateOf([claimOf("n1", { address: new Address(ip, 0) })]));
  assertEquals(swim.claim("n1")?.address.port, 7946);
});

Deno.test("merging the same claim objects again changes nothing", () => {
  const node = startNode();
  const { world } = node;
  const nodes = [claimOf("n1"), claimOf("n2")];
  exchange(node, "n1", stateOf(nodes));
  world.events.length = 0;
  exchange(node, "n1", stateOf(nodes));
  assertEquals(world.events, []);
});

Deno.test("a node exchanges state with a random member in every interval, from a random start", () => {
  const { world } = startNode({ knows: ["n1", "n2"] });
  const times: number[] = [];
  const start = world.now;
  for (let i = 0; i < 3; i++) {
    world.runUntil(() => world.requests.length > i);
    times.push(world.now - start);
  }
  assert(times[0] >= 30_000 && times[0] < 60_000);
  assertEquals([times[1] - times[0], times[2] - times[1]].map(Math.round), [30_000, 30_000]);
  for (const { exchange } of world.requests) {
    assert(exchange.message.type === "push-pull");
    assertEquals(exchange.message.join, false);
  }
  const [{ to, id }] = world.requests;
  const peer = to.equals(addressOf("n1")) ? "n1" : "n2";
  assertEquals(world.log("DEBUG")[0], `memberlist: Initiating push/pull sync with: ${peer} ${to}`);
  fail(world.machine, id, "EOF");
  assertEquals(world.log("ERR"), [`memberlist: Push/Pull with ${peer} failed: EOF`]);
});

Deno.test("nodes of large clusters exchange state less often", () => {
  const { world } = startNode({ knows: Array.from({ length: 64 }, (_, i) => `n${i + 1}`) });
  world.runUntil(() => world.requests.length > 0);
  const first = world.now;
  world.runUntil(() => world.requests.length > 1);
  assertEquals(Math.round(world.now - first), 90_000);
});

Deno.test("a node that knows no live member exchanges no state", () => {
  const { swim, world } = startNode({ knows: ["n1"] });
  swim.receive(addressOf("n2"), {
    messages: [{ type: "dead", node: "n1", incarnation: 1, from: "n2" }],
    crc: false,
  });
  world.run(300_000);
  assertEquals(world.requests, []);
});

Deno.test("a stream starts with a push/pull, a ping or a user message", () => {
  const { swim, world } = startNode();
  const body = { bytes: Uint8Array.of(1) };
  assertEquals(swim.accept(addressOf("n1"), { type: "user", body }), null);
  assertEquals(world.eventsOf("user-message").map((event) => event.body), [body]);
  assertEquals(swim.accept(addressOf("n1"), { type: "err", error: "x" }), null);
  assertEquals(swim.accept(addressOf("n1"), { type: "ack", sequence: 1, payload: null }), null);
  assertEquals(world.log("ERR").length, 2);
});

Deno.test("a late reply, or one with an unknown id, is ignored", () => {
  const { swim, world } = startNode();
  swim.join({ address: addressOf("n2") }, 7);
  const { id } = world.requests[0];
  answer(swim, id + 1, stateOf([]));
  assertEquals(world.eventsOf("done"), []);
  answer(swim, id, stateOf([]));
  answer(swim, id, stateOf([]));
  assertEquals(world.eventsOf("done").length, 1);
});
