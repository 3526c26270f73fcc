import { assert, assertEquals } from "@std/assert";
import { Roster } from "../../../lib/swim/state/roster.ts";
import { claimOf, HandWorld } from "../hand_world.ts";

function rosterOf(...names: string[]): { roster: Roster; world: HandWorld } {
  const world = new HandWorld();
  const roster = new Roster("self", { world, memoryMs: 30_000 });
  for (const name of ["self", ...names]) roster.put(claimOf(name));
  return { roster, world };
}

const many = Array.from({ length: 50 }, (_, i) => `n${i + 1}`);

Deno.test("it counts who is there, and knows whether there is company", () => {
  const { roster } = rosterOf("n1", "n2");
  assertEquals([roster.size, roster.aliveCount, roster.hasCompany], [3, 3, true]);
  roster.put(claimOf("n1", { state: "suspect" }));
  assertEquals([roster.size, roster.aliveCount, roster.hasCompany], [3, 3, true]);
  roster.put(claimOf("n1", { state: "dead" }));
  roster.put(claimOf("self", { state: "left" }));
  assertEquals([roster.size, roster.aliveCount, roster.hasCompany], [3, 1, true]);
  roster.put(claimOf("n2", { state: "left" }));
  assertEquals([roster.size, roster.aliveCount, roster.hasCompany], [3, 0, false]);
  roster.put(claimOf("self"));
  assertEquals([roster.size, roster.aliveCount, roster.hasCompany], [3, 1, false]);
});

Deno.test("every other has its turn in one pass, and the order changes from pass to pass", () => {
  const { roster } = rosterOf(...many);
  const passes = Array.from({ length: 3 }, () => many.map(() => roster.nextProbe()?.node));
  for (const pass of passes) assertEquals(pass.toSorted(), many.toSorted());
  assert(passes[1].join() !== passes[2].join());
});

Deno.test("newcomers are put at random places, so that they are not all probed last", () => {
  const { roster } = rosterOf(...many);
  const order = many.map(() => roster.nextProbe()?.node);
  assert(order.join() !== many.join());
});

Deno.test("there is nobody to probe where all others are gone", () => {
  const { roster } = rosterOf("n1", "n2");
  roster.put(claimOf("n1", { state: "dead" }));
  roster.put(claimOf("n2", { state: "left" }));
  assertEquals(roster.nextProbe(), undefined);
  assertEquals(new Roster("self", { world: new HandWorld(), memoryMs: 1 }).nextProbe(), undefined);
});

Deno.test("the dead and the left are forgotten at the end of a pass, when they are long gone", () => {
  const { roster, world } = rosterOf("n1", "n2", "n3");
  roster.put(claimOf("n1", { state: "dead" }));
  roster.put(claimOf("n2", { state: "left" }));
  const pass = () => {
    for (let i = 0; i < 4; i++) roster.nextProbe();
  };
  world.now += 30_000;
  pass();
  assertEquals(roster.size, 4);
  world.now += 1;
  pass();
  assertEquals([...roster.claims()].map((claim) => claim.node).sort(), ["n3", "self"]);
});

Deno.test("who is alive again is not forgotten, however long ago it died", () => {
  const { roster, world } = rosterOf("n1");
  roster.put(claimOf("n1", { state: "dead" }));
  roster.put(claimOf("n1", { incarnation: 2 }));
  world.now += 60_000;
  for (let i = 0; i < 4; i++) roster.nextProbe();
  assertEquals(roster.get("n1")?.incarnation, 2);
});

Deno.test("who came back in time is not forgotten, and we never forget ourselves", () => {
  const { roster, world } = rosterOf("n1", "n2");
  roster.put(claimOf("n1", { state: "dead" }));
  roster.put(claimOf("self", { state: "left" }));
  world.now += 20_000;
  roster.put(claimOf("n1", { incarnation: 2 }));
  roster.put(claimOf("n1", { incarnation: 2, state: "dead" }));
  world.now += 20_000;
  for (let i = 0; i < 4; i++) roster.nextProbe();
  assertEquals(roster.size, 3);
});

Deno.test("the next one is another each time, until all had their turn", () => {
  const { roster } = rosterOf("n1", "n2", "n3", "n4", "n5", "n6", "n7");
  const seen = Array.from({ length: 7 }, () => roster.next(() => true)?.node);
  assertEquals(seen.toSorted(), ["n1", "n2", "n3", "n4", "n5", "n6", "n7"]);
  assertEquals(roster.next(() => true)?.node, seen[0]);
});

Deno.test("the next one is one who passes, if anybody does", () => {
  const { roster } = rosterOf("n1", "n2", "n3", "n4");
  const seen = [1, 2, 3].map(() => roster.next(({ node }) => node === "n2" || node === "n4")?.node);
  assertEquals(new Set(seen), new Set(["n2", "n4"]));
  assertEquals(roster.next(() => false), undefined);
  const empty = new Roster("self", { world: new HandWorld(), memoryMs: 1 });
  assertEquals(empty.next(() => true), undefined);
});

Deno.test("the successor is the live other whose name comes next, round the ring", () => {
  const { roster } = rosterOf("a", "b", "t", "z");
  assertEquals(roster.successor?.node, "t");
  roster.put(claimOf("sf"));
  assertEquals(roster.successor?.node, "sf");
  roster.put(claimOf("sf", { state: "suspect" }));
  assertEquals(roster.successor?.node, "sf");
  for (const node of ["sf", "t", "z"]) roster.put(claimOf(node, { state: "dead" }));
  assertEquals(roster.successor?.node, "a");
  roster.put(claimOf("0"));
  assertEquals(roster.successor?.node, "0");
  roster.put(claimOf("x"));
  assertEquals(roster.successor?.node, "x");
  for (const node of ["0", "a", "b", "x"]) roster.put(claimOf(node, { state: "left" }));
  assertEquals(roster.successor, undefined);
});

Deno.test("a random choice has no doubles, and finds everybody in a small cluster", () => {
  const { roster } = rosterOf("n1", "n2", "n3", "n4");
  for (let i = 0; i < 50; i++) {
    const picked = roster.pick(3, (claim) => claim.node !== "n1").map((claim) => claim.node);
    assertEquals(picked.toSorted(), ["n2", "n3", "n4"]);
  }
});

Deno.test("a random choice from many is even", () => {
  const { roster } = rosterOf(...many);
  const counts = new Map<string, number>();
  for (let i = 0; i < 2_000; i++) {
    const picked = roster.pick(3, () => true);
    assertEquals(new Set(picked).size, 3);
    for (const { node } of picked) counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  assertEquals(counts.size, 50);
  // 120 are expected of each, with a standard deviation of about 11.
  for (const count of counts.values()) assert(count > 60 && count < 180, `${count}`);
});
