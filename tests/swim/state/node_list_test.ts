import { assert, assertEquals, assertGreater } from "@std/assert";
import { NodeList } from "../../../lib/swim/state/node_list.ts";
import { claimOf, HandWorld } from "../hand_world.ts";

function nodeListOf(...names: string[]): { nodes: NodeList; world: HandWorld } {
  const world = new HandWorld();
  const nodes = new NodeList("self", { world, gossipToTheDeadMs: 30_000 });
  for (const name of ["self", ...names]) nodes.put(claimOf(name));
  return { nodes, world };
}

const many = Array.from({ length: 50 }, (_, i) => `n${i + 1}`);

Deno.test("the node list counts nodes, and those that are alive", () => {
  const { nodes } = nodeListOf("n1", "n2");
  assertEquals([nodes.size, nodes.aliveCount, nodes.anyOtherAlive], [3, 3, true]);
  nodes.put(claimOf("n1", { state: "suspect" }));
  assertEquals([nodes.size, nodes.aliveCount, nodes.anyOtherAlive], [3, 3, true]);
  nodes.put(claimOf("n1", { state: "dead" }));
  nodes.put(claimOf("self", { state: "left" }));
  assertEquals([nodes.size, nodes.aliveCount, nodes.anyOtherAlive], [3, 1, true]);
  nodes.put(claimOf("n2", { state: "left" }));
  assertEquals([nodes.size, nodes.aliveCount, nodes.anyOtherAlive], [3, 0, false]);
  nodes.put(claimOf("self"));
  assertEquals([nodes.size, nodes.aliveCount, nodes.anyOtherAlive], [3, 1, false]);
});

Deno.test("each node is probed once per pass, and the order changes from pass to pass", () => {
  const { nodes } = nodeListOf(...many);
  const passes = Array.from({ length: 3 }, () => many.map(() => nodes.nextProbe()?.node));
  for (const pass of passes) assertEquals(pass.toSorted(), many.toSorted());
  assert(passes[1].join() !== passes[2].join());
});

Deno.test("new nodes are put in random places, so that they are not all probed last", () => {
  const { nodes } = nodeListOf(...many);
  const order = many.map(() => nodes.nextProbe()?.node);
  assert(order.join() !== many.join());
});

Deno.test("there is nothing to probe when all other nodes are dead or have left", () => {
  const { nodes } = nodeListOf("n1", "n2");
  nodes.put(claimOf("n1", { state: "dead" }));
  nodes.put(claimOf("n2", { state: "left" }));
  assertEquals(nodes.nextProbe(), undefined);
  assertEquals(
    new NodeList("self", { world: new HandWorld(), gossipToTheDeadMs: 1 }).nextProbe(),
    undefined,
  );
});

Deno.test("dead and left nodes are removed at the end of a pass, once they have expired", () => {
  const { nodes, world } = nodeListOf("n1", "n2", "n3");
  nodes.put(claimOf("n1", { state: "dead" }));
  nodes.put(claimOf("n2", { state: "left" }));
  const pass = () => {
    for (let i = 0; i < 4; i++) nodes.nextProbe();
  };
  world.now += 30_000;
  pass();
  assertEquals(nodes.size, 4);
  world.now += 1;
  pass();
  assertEquals([...nodes.claims()].map((claim) => claim.node).sort(), ["n3", "self"]);
});

Deno.test("a node that is alive again is not removed, however long ago it died", () => {
  const { nodes, world } = nodeListOf("n1");
  nodes.put(claimOf("n1", { state: "dead" }));
  nodes.put(claimOf("n1", { incarnation: 2 }));
  world.now += 60_000;
  for (let i = 0; i < 4; i++) nodes.nextProbe();
  assertEquals(nodes.get("n1")?.incarnation, 2);
});

Deno.test("a node that returned in time is not removed, and we ourselves never are", () => {
  const { nodes, world } = nodeListOf("n1", "n2");
  nodes.put(claimOf("n1", { state: "dead" }));
  nodes.put(claimOf("self", { state: "left" }));
  world.now += 20_000;
  nodes.put(claimOf("n1", { incarnation: 2 }));
  nodes.put(claimOf("n1", { incarnation: 2, state: "dead" }));
  world.now += 20_000;
  for (let i = 0; i < 4; i++) nodes.nextProbe();
  assertEquals(nodes.size, 3);
});

Deno.test("next returns each node in turn", () => {
  const { nodes } = nodeListOf("n1", "n2", "n3", "n4", "n5", "n6", "n7");
  const seen = Array.from({ length: 7 }, () => nodes.next(() => true)?.node);
  assertEquals(seen.toSorted(), ["n1", "n2", "n3", "n4", "n5", "n6", "n7"]);
  assertEquals(nodes.next(() => true)?.node, seen[0]);
});

Deno.test("next returns only nodes that pass the filter", () => {
  const { nodes } = nodeListOf("n1", "n2", "n3", "n4");
  const seen = [1, 2, 3].map(() => nodes.next(({ node }) => node === "n2" || node === "n4")?.node);
  assertEquals(new Set(seen), new Set(["n2", "n4"]));
  assertEquals(nodes.next(() => false), undefined);
  const empty = new NodeList("self", { world: new HandWorld(), gossipToTheDeadMs: 1 });
  assertEquals(empty.next(() => true), undefined);
});

Deno.test("the successor is the next name in the ring of live nodes", () => {
  const { nodes } = nodeListOf("a", "b", "t", "z");
  assertEquals(nodes.successor?.node, "t");
  nodes.put(claimOf("sf"));
  assertEquals(nodes.successor?.node, "sf");
  nodes.put(claimOf("sf", { state: "suspect" }));
  assertEquals(nodes.successor?.node, "sf");
  for (const node of ["sf", "t", "z"]) nodes.put(claimOf(node, { state: "dead" }));
  assertEquals(nodes.successor?.node, "a");
  nodes.put(claimOf("0"));
  assertEquals(nodes.successor?.node, "0");
  nodes.put(claimOf("x"));
  assertEquals(nodes.successor?.node, "x");
  for (const node of ["0", "a", "b", "x"]) nodes.put(claimOf(node, { state: "left" }));
  assertEquals(nodes.successor, undefined);
});

Deno.test("of few nodes only the successor is told first, of more also those in the rings", () => {
  const few = many.slice(0, 8);
  const { nodes } = nodeListOf(...few);
  assertEquals(nodes.neighbours, [nodes.successor!.node]);
  nodes.put(claimOf("n9"));
  const { neighbours } = nodes;
  assertEquals(neighbours[0], nodes.successor!.node);
  assertGreater(neighbours.length, 3);
  assertEquals(new Set(neighbours).size, neighbours.length);
  for (let i = 10; i < 256; i++) nodes.put(claimOf(`n${i}`));
  assertGreater(nodes.neighbours.length, 5);
  nodes.put(claimOf("n256"));
  assertEquals(nodes.neighbours, [nodes.successor!.node]);
});

Deno.test("the neighbours are those of all nodes that have not left, however these were learned of", () => {
  const { nodes } = nodeListOf(...many);
  const initial = nodes.neighbours;
  const [, second, third] = initial;
  nodes.put(claimOf(second, { state: "dead" }));
  assertEquals(nodes.neighbours, initial);
  nodes.put(claimOf(second, { state: "left" }));
  nodes.put(claimOf(third, { state: "left" }));
  for (let i = 0; i < 20; i++) nodes.put(claimOf(`new${i}`));
  const { neighbours } = nodes;
  assert(!neighbours.includes(second) && !neighbours.includes(third));
  assert(neighbours.some((node) => node.startsWith("new")));
  const others = many.filter((node) => node !== second && node !== third);
  const { nodes: afresh } = nodeListOf(
    ...others,
    ...Array.from({ length: 20 }, (_, i) => `new${i}`),
  );
  assertEquals(neighbours, afresh.neighbours);
});

Deno.test("a neighbour that was dead for long and is forgotten is replaced", () => {
  const { nodes, world } = nodeListOf(...many);
  const [, second] = nodes.neighbours;
  nodes.put(claimOf(second, { state: "dead" }));
  world.run(31_000);
  for (let i = 0; i <= many.length; i++) nodes.nextProbe();
  assertEquals(nodes.get(second), undefined);
  assert(!nodes.neighbours.includes(second));
});

Deno.test("random nodes are distinct, and all are found in a small cluster", () => {
  const { nodes } = nodeListOf("n1", "n2", "n3", "n4");
  for (let i = 0; i < 50; i++) {
    const picked = nodes.randomNodes(3, (claim) => claim.node !== "n1").map((claim) => claim.node);
    assertEquals(picked.toSorted(), ["n2", "n3", "n4"]);
  }
});

Deno.test("random nodes are chosen evenly", () => {
  const { nodes } = nodeListOf(...many);
  const counts = new Map<string, number>();
  for (let i = 0; i < 2_000; i++) {
    const picked = nodes.randomNodes(3, () => true);
    assertEquals(new Set(picked).size, 3);
    for (const { node } of picked) counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  assertEquals(counts.size, 50);
  // 120 are expected of each, with a standard deviation of about 11.
  for (const count of counts.values()) assert(count > 60 && count < 180, `${count}`);
});
