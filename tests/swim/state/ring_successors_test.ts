import { assert, assertEquals, assertGreater } from "@std/assert";
import { RINGS, RingSuccessors } from "../../../lib/swim/state/ring_successors.ts";

const names = Array.from({ length: 60 }, (_, i) => `node-${i + 1}.example.com`);

/** What a node finds among the others. */
function successorsOf(self: string, others: readonly string[]): readonly string[] {
  const rings = new RingSuccessors(self);
  for (const name of others) rings.add(name);
  return rings.successors;
}

Deno.test("in each ring, everybody is the successor of exactly one node", () => {
  const found = names.map((name) => successorsOf(name, names));
  for (let ring = 0; ring < RINGS; ring++) {
    assertEquals(found.map((successors) => successors[ring]).toSorted(), names.toSorted());
  }
});

Deno.test("the orders of the rings are unrelated", () => {
  const distinct = names.map((name) => new Set(successorsOf(name, names)).size);
  assertGreater(distinct.reduce((sum, size) => sum + size) / names.length, RINGS - 1);
});

Deno.test("news told along rings reaches everybody in as many hops as at random", () => {
  let told = new Set([names[0]]);
  let hops = 0;
  for (; told.size < names.length; hops++) {
    told = new Set([
      ...told,
      ...[...told].flatMap((name) => successorsOf(name, names).slice(0, 3)),
    ]);
    assert(hops < 10, `${told.size} are reached`);
  }
  // At best they would be 1, 4, 13, 40, 121; with random ones there are repetitions, too.
  assertEquals([hops <= 6, told.size], [true, names.length]);
});

Deno.test("successors depend neither on the order in which nodes come nor on how often", () => {
  const [self, ...others] = names;
  assertEquals(successorsOf(self, [...names.toReversed(), ...others]), successorsOf(self, others));
});

Deno.test("a node is not its own successor", () => {
  assertEquals(successorsOf("a", ["a"]), []);
  assertEquals(successorsOf("a", ["a", "b"]), new Array(RINGS).fill("b"));
});
