import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { simulate, type SimulateOptions, SimulationError } from "../../lib/sim/mod.ts";

function cluster(options: Partial<SimulateOptions> = {}) {
  return simulate({ nodes: 4, seed: 1, ...options });
}

Deno.test("a cluster has converged when simulate returns, unless settle is false", () => {
  const settled = cluster();
  assert(settled.converged());
  assertEquals(settled.nodes.map(({ name }) => name), ["n0", "n1", "n2", "n3"]);
  const fresh = cluster({ settle: false });
  assertEquals(fresh.now, 0);
  assertEquals(fresh.running.length, 1);
  assertEquals(cluster({ join: "none" }).now, 0);
});

Deno.test("nodes that join nobody know only themselves", () => {
  const strangers = cluster({ join: "none" });
  strangers.run({ seconds: 30 });
  assertEquals(strangers.node(1).status("n1"), "alive");
  assertEquals(strangers.node(1).status("n0"), undefined);
  assert(!strangers.converged());
});

Deno.test("the nodes of a formed cluster know each other from the start, without gossip", () => {
  const options = { nodes: 50, join: "formed" } as const;
  const run = cluster(options);
  assertEquals(run.now, 0);
  assert(run.converged());
  assertEquals(run.node(7).events().length, 50);
  run.run({ seconds: 10 });
  const { packets, exchanges } = run.statistics;
  // A ping and an ack in each second, and what each says of itself when it starts: 8 times.
  assert(packets < 50 * (10 * 2 + 8), `${packets} packets`);
  assertEquals(exchanges, 0);
  const again = cluster(options);
  again.run({ seconds: 10 });
  assertEquals(again.digest, run.digest);
});

Deno.test("in a formed cluster nodes fail, join and leave as in any other", () => {
  const run = cluster({ nodes: 10, join: "formed" });
  run.node(4).kill();
  run.runUntil(() => run.allSee("n4", "failed"), { seconds: 30 });
  run.add({ name: "late" }).join(run.node(0));
  run.node(5).leave();
  run.runUntil(() => run.allSee("n5", "left") && run.converged(), { seconds: 30 });
  assertEquals(run.node(9).status("late"), "alive");
});

Deno.test("the index of a node that does not exist is refused", () => {
  assertThrows(() => cluster().node(4), RangeError, "Cannot find node 4");
});

Deno.test("asking a node that is down throws", () => {
  const { nodes: [, , node] } = cluster();
  node.kill();
  assertEquals(node.state, "down");
  assertThrows(() => node.status("n0"), Error, "Node n2 is down");
});

Deno.test("runUntil fails with the seed and the condition that was not reached", () => {
  const run = cluster({ seed: 1234 });
  const error = assertThrows(
    () => run.runUntil(() => run.node(0).status("n9") === "alive", { seconds: 2 }),
    SimulationError,
    "(seed 1234): not reached within 2 s",
  );
  assertEquals([error.seed, error.atMs], [1234, run.now]);
  assert(error.message.includes('status("n9")'));
});

Deno.test("wait returns how long a condition took, or undefined when it took too long", () => {
  const run = cluster();
  const from = run.now;
  assertEquals(run.wait(() => run.now >= from + 100, { seconds: 1 }), 100);
  assertEquals(run.wait(() => false, { ms: 50 }), undefined);
  assertEquals(run.now, from + 150);
  assertEquals(run.runUntil(() => true, { seconds: 1 }), 0);
});

Deno.test("a function given to after runs at its time", () => {
  const run = cluster();
  const from = run.now;
  let ranAt = 0;
  run.after({ seconds: 1, ms: 500 }, () => ranAt = run.now - from);
  run.run({ seconds: 1 });
  assertEquals(ranAt, 0);
  run.run({ seconds: 1 });
  assertEquals(ranAt, 1500);
});

Deno.test("convergence ignores the view of a paused node, and whether others see it", () => {
  const run = cluster();
  run.node(2).pause();
  assert(run.converged());
  run.runUntil(() => run.allSee("n2", "failed"), { seconds: 30 });
  assert(run.converged());
  run.node(2).resume();
  assert(!run.converged());
});

Deno.test("the newest events of each node are kept, up to a bound", () => {
  const run = cluster({ keepEvents: 10 });
  for (let i = 0; i < 100; i++) run.node(1).userEvent("tick", `${i}`);
  run.run({ seconds: 10 });
  const kept = run.node(1).events();
  assert(kept.length >= 10 && kept.length < 20, `kept ${kept.length}`);
  assertEquals(run.events().filter(({ node }) => node.name === "n1").length, kept.length);
  assertEquals(cluster({ keepEvents: 0 }).events(), []);
});

Deno.test("log lines have the node and the time", () => {
  const lines: string[] = [];
  const run = cluster({
    log: ({ atMs, node, level, text }) => lines.push(`${atMs} ${node} ${level} ${text}`),
  });
  assert(lines.includes("0 n0 INFO serf: EventMemberJoin: n0 10.0.0.1"), lines[0]);
  assert(run.now > 0);
});

Deno.test("settings of Serf and of the profile can be changed", () => {
  const config = { coalescePeriodMs: 3000, quiescentPeriodMs: 1000 };
  const run = cluster({ config, profile: "local", tune: { gossipIntervalMs: 50 } });
  run.run({ seconds: 5 });
  const joins = run.node(0).events().filter(({ type }) => type === "member-join");
  assertEquals(joins.length, 1);
});

Deno.test("a node can be added with a name and tags", () => {
  const run = cluster();
  const node = run.add({ name: "special", tags: { role: "db" } });
  const join = node.join(run.node(0));
  run.runUntil(() => run.converged() && join.done, { seconds: 10 });
  assertEquals(join.joined, 1);
  assertEquals(run.node(2).member("special")?.tags, { role: "db" });
});

Deno.test("a node can have settings of its own", () => {
  const run = cluster();
  const node = run.add({ config: { protocol: 5 }, tune: { eagerGossip: false } });
  node.join(run.node(0));
  run.runUntil(() => run.converged(), { seconds: 10 });
  assertEquals(run.node(1).member("n4")?.delegateCur, 5);
  assertEquals(run.node(1).member("n3")?.delegateCur, 4);
});

Deno.test("an observer is told of starts, outputs and every step of a node", () => {
  let [starts, joins, steps] = [0, 0, 0];
  const run = cluster({
    observer: {
      started: () => starts++,
      emitted: (_, { type }) => type === "member-join" ? joins++ : undefined,
      handled: () => steps++,
    },
  });
  run.node(1).restart();
  assertEquals([starts, joins], [5, 16 + 1]);
  assert(steps > 50 && steps <= run.statistics.events, `${steps} steps`);
});

Deno.test("operations of a node are listed until they are over", () => {
  const run = cluster();
  const query = run.node(1).query("who", null, { timeoutMs: 2_000 });
  assertEquals(run.node(1).operations, [query]);
  run.run({ seconds: 3 });
  assertEquals(run.node(1).operations, []);
});

Deno.test("a node tells its lifecycle and how often it was started", () => {
  const run = cluster();
  const node = run.node(2);
  assertEquals([node.lifecycle, node.generation], ["alive", 1]);
  node.leave();
  assertEquals(node.lifecycle, "leaving");
  run.run({ seconds: 10 });
  assertEquals([node.lifecycle, node.generation], ["shutdown", 1]);
  node.restart();
  assertEquals([node.lifecycle, node.generation], ["alive", 2]);
});

Deno.test("a node whose clock is set forward takes it for a stall", () => {
  const lines: string[] = [];
  const run = cluster({ log: ({ node, text }) => lines.push(`${node} ${text}`) });
  run.node(1).stepClock(5_000);
  run.run({ seconds: 5 });
  assert(lines.some((line) => /^n1 .*Timers fired \d+ ms late/.test(line)), lines.at(-1));
  assert(run.converged());
});

Deno.test("a restarted node knows others only if it has its snapshot", () => {
  for (const [snapshot, members] of [["kept", 2], ["lost", 1]] as const) {
    const run = cluster({ nodes: 2, snapshots: true });
    run.run({ seconds: 5 });
    run.node(0).restart({ snapshot });
    run.run({ ms: 10 });
    assertEquals(run.node(0).members().length, members, snapshot);
  }
});

Deno.test("a node that leaves stops trying to join", () => {
  const run = cluster();
  run.partition([3]);
  run.node(3).restart();
  run.node(3).leave();
  run.run({ seconds: 60 });
  assertEquals(run.node(3).state, "down");
});

Deno.test("commands that do not fit the state of a node throw", () => {
  const run = cluster();
  assertThrows(() => run.node(1).resume(), Error, "is running");
  run.node(1).pause();
  assertThrows(() => run.node(1).pause(), Error, "is paused");
  assertThrows(() => run.node(1).start(), Error, "is paused");
  assertThrows(() => run.node(1).userEvent("deploy"), Error, "Node n1 is paused");
});

Deno.test("arguments out of range are refused by name", () => {
  const options = [
    [{ nodes: -1 }, "Cannot use nodes: got -1, expected a whole number, 0 or more"],
    [{ nodes: 2.5 }, "Cannot use nodes: got 2.5"],
    [{ loss: 3 }, "Cannot use loss: got 3"],
    [{ seed: NaN }, "Cannot use seed: got NaN"],
    [{ joinWithinMs: -1 }, "Cannot use joinWithinMs: got -1"],
    [{ keepEvents: NaN }, "Cannot use keepEvents: got NaN"],
    [{ join: "last" as "first" }, "Cannot use join: got last, expected one of first, chain"],
    [{ profile: "moon" as "lan" }, "Cannot use profile: got moon, expected one of lan, wan"],
  ] as const;
  for (const [option, message] of options) {
    assertThrows(() => cluster(option), RangeError, message);
  }
  const run = cluster();
  assertThrows(
    () => run.run({ seconds: -1 }),
    RangeError,
    "Cannot use seconds: got -1, expected a number, 0 or more",
  );
  assertThrows(() => run.run({ ms: NaN }), RangeError, "Cannot use ms: got NaN");
  assertThrows(() => run.after({ seconds: -1 }, () => {}), RangeError, "Cannot use seconds");
  assertThrows(() => run.wait(() => true, { ms: -5 }), RangeError, "Cannot use ms: got -5");
  assertThrows(() => run.node(0).slowDown(-1), RangeError, "Cannot use ms: got -1");
  assertThrows(() => run.partition([0, 4]), RangeError, "Cannot find node 4: there are 4 nodes");
  assertThrows(() => run.cut(7, 0), RangeError, "Cannot find node 7");
});

Deno.test("bytes are counted only when asked for", () => {
  assertEquals(cluster().statistics.bytes, 0);
  assertNotEquals(cluster({ countBytes: true }).statistics.bytes, 0);
});
