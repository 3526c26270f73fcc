import { assert, assertEquals } from "@std/assert";
import { MAX_LOST, type SnapshotState } from "../../../lib/serf/snapshot/snapshot.ts";
import { addressOf, blind, SerfNetwork, type SerfNode } from "../serf_network.ts";

const INTERVAL_MS = 1_000;

const blank: SnapshotState = {
  alive: new Map(),
  lost: new Map(),
  clock: 1,
  eventClock: 1,
  queryClock: 1,
};

/** A machine that was restarted with a snapshot of these members, of whom nobody is there. */
function restartAlone(names: readonly string[]): { network: SerfNetwork; node: SerfNode } {
  const network = new SerfNetwork();
  const alive = new Map(names.map((name) => [name, addressOf(name)]));
  const snapshot = { ...blank, alive };
  const node = network.start("a", { ...blind, reconnectIntervalMs: INTERVAL_MS }, { snapshot });
  return { network, node };
}

/** The attempts so far, as far as they were logged. */
function attempts(node: SerfNode): string[] {
  return node.logs("INFO").filter((line) => line.startsWith("attempting to find"));
}

Deno.test("members of the snapshot are tried until they are found", () => {
  const { network, node } = restartAlone(["a", "b"]);
  network.run(1.5 * INTERVAL_MS);
  assertEquals(attempts(node), ["attempting to find b again at 10.0.0.98:7946"]);
  const b = network.start("b");
  network.run(4 * INTERVAL_MS);
  assertEquals([node.status("b"), b.status("a")], ["alive", "alive"]);
  const { length } = attempts(node);
  network.run(100 * INTERVAL_MS);
  assertEquals(attempts(node).length, length);
});

Deno.test("attempts become rarer, up to one in 32 intervals", () => {
  const { network, node } = restartAlone(["b"]);
  // 1 + 2 + 4 + 8 + 16 intervals, give or take a half, and 32 for each of the others.
  network.run(31 * INTERVAL_MS);
  const early = attempts(node).length;
  assert(early >= 4 && early <= 7, `${early}`);
  network.run(320 * INTERVAL_MS);
  const late = attempts(node).length - early;
  assert(late >= 7 && late <= 15, `${late}`);
});

Deno.test("the members of a part share the attempts", () => {
  const { network, node } = restartAlone(["b"]);
  node.meet("c", "d", "e");
  // The time of the next attempt, whether this one is ours, and which address it is for.
  node.draws.push(0, 0.26);
  network.run(INTERVAL_MS);
  assertEquals(attempts(node), []);
  node.draws.push(0, 0.24, 0);
  network.run(INTERVAL_MS);
  assertEquals(attempts(node).length, 1);
});

Deno.test("an address that only one member of a part remembers is tried, too", () => {
  const { network, node } = restartAlone(["b"]);
  node.meet("c", "d", "e", "f", "g");
  // One attempt in six is its own: after 6, 12, 24 and 48 intervals, on average.
  network.run(200 * INTERVAL_MS);
  const { length } = attempts(node);
  assert(length >= 3 && length <= 8, `${length}`);
});

Deno.test("lost members are tried in turn, and in a large part hardly less often", () => {
  const { network, node } = restartAlone(["b", "c", "d"]);
  node.meet(...Array.from({ length: 50 }, (_, i) => `member ${i}`));
  network.run(40 * 128 * INTERVAL_MS);
  const tried = attempts(node).map((line) => line.split(" ")[3]);
  // Once in 32 intervals, shared by four.
  assert(tried.length >= 20 && tried.length <= 80, `${tried.length}`);
  for (let i = 3; i < tried.length; i++) assertEquals(tried[i], tried[i - 3]);
  assertEquals(new Set(tried).size, 3);
});

Deno.test("a node of another name at the address of a lost member is not joined", () => {
  const { network, node } = restartAlone(["b"]);
  const other = network.start("b2");
  network.run(10 * INTERVAL_MS);
  assert(attempts(node).length > 0);
  assertEquals([node.status("b2"), other.status("a")], [undefined, undefined]);
});

Deno.test("of many lost members the latest 32 are remembered", () => {
  const names = Array.from({ length: 40 }, (_, i) => String.fromCharCode(0xc0 + i));
  const { network, node } = restartAlone(names);
  network.run(20_000 * INTERVAL_MS);
  const tried = new Set(attempts(node).map((line) => line.split(" ")[3]));
  assertEquals(tried, new Set(names.slice(8)));
});

Deno.test("a member of the snapshot that is said to have left is not tried", () => {
  const { network, node } = restartAlone(["b", "c"]);
  node.core.forceLeave("b", { id: 1 });
  network.run(100 * INTERVAL_MS);
  assertEquals(new Set(attempts(node).map((line) => line.split(" ")[3])), new Set(["c"]));
});

Deno.test("an address that a join has not reached is tried again if it reached another one", () => {
  const network = new SerfNetwork();
  const node = network.start("a", { reconnectIntervalMs: INTERVAL_MS });
  const b = network.start("b");
  node.core.join([b.address, addressOf("c")], { id: 1 });
  network.run(10 * INTERVAL_MS);
  const c = network.start("c");
  network.run(100 * INTERVAL_MS);
  assertEquals([node.status("c"), b.status("c"), c.status("a")], ["alive", "alive", "alive"]);
});

Deno.test("the addresses of a join that has failed are not tried again", () => {
  const network = new SerfNetwork();
  const node = network.start("a", { reconnectIntervalMs: INTERVAL_MS });
  node.core.join([addressOf("b"), addressOf("c")], { id: 1 });
  network.run(100 * INTERVAL_MS);
  assertEquals(attempts(node), []);
});

Deno.test("members that a snapshot keeps as lost are tried, beside those that were alive", () => {
  const network = new SerfNetwork();
  const names = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => String.fromCharCode(first + i));
  const byName = (all: string[]) => new Map(all.map((name) => [name, addressOf(name)]));
  const [alive, lost] = [names(0xc0, 40), names(0x100, MAX_LOST)];
  const snapshot = { ...blank, alive: byName(alive), lost: byName(lost) };
  const config = { ...blind, reconnectIntervalMs: INTERVAL_MS };
  const node = network.start("a", config, { snapshot });
  network.run(20_000 * INTERVAL_MS);
  const tried = new Set(attempts(node).map((line) => line.split(" ")[3]));
  assertEquals(tried, new Set([...alive.slice(-16), ...lost]));
});

Deno.test("a node that leaves looks for nobody", () => {
  const { network, node } = restartAlone(["b"]);
  node.core.leave({ id: 1 });
  network.run(100 * INTERVAL_MS);
  assertEquals(attempts(node), []);
});
