import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { Random } from "../../../lib/sim/random.ts";
import { CoordinateClient } from "../../../lib/serf/coordinates/coordinate.ts";
import { type Coordinate, distance } from "../../../lib/api/coordinate.ts";

interface GoCoordinate {
  Vec: number[];
  Error: number;
  Adjustment: number;
  Height: number;
}

interface Vector {
  name: string;
  start: GoCoordinate;
  steps: {
    Node: string;
    Other: GoCoordinate;
    RttNs: number;
    After: GoCoordinate;
    DistanceNs: number;
    Error?: string;
  }[];
}

const vectors: Vector[] = JSON.parse(
  Deno.readTextFileSync(new URL("../../vectors/coordinates.json", import.meta.url)),
);

const noRandom = () => {
  throw new Error("no random number is needed here");
};

function fromGo({ Vec, Error, Adjustment, Height }: GoCoordinate): Coordinate {
  return { vec: Vec, error: Error, adjustment: Adjustment, height: Height };
}

function randomFrom(seed: number): () => number {
  const random = new Random(seed);
  return () => random.next();
}

for (const { name, start, steps } of vectors) {
  Deno.test(`Serf's updates are reproduced to the last bit: ${name}`, () => {
    const client = new CoordinateClient(noRandom, fromGo(start));
    for (const step of steps) {
      const other = fromGo(step.Other);
      assertEquals(Math.round(distance(client.coordinate, other) * 1e9), step.DistanceNs);
      const taken = client.update(step.Node, other, step.RttNs / 1e9);
      assertEquals(taken, step.Error === undefined);
      assertEquals(client.coordinate, fromGo(step.After));
    }
  });
}

Deno.test("bad coordinates and times are rejected and change nothing", () => {
  const client = new CoordinateClient(noRandom);
  const before = client.coordinate;
  const good: Coordinate = { ...before, vec: [1, 0, 0, 0, 0, 0, 0, 0] };
  assert(!client.update("a", { ...good, vec: [1, 2, 3] }, 0.1));
  assert(!client.update("a", { ...good, vec: [NaN, 0, 0, 0, 0, 0, 0, 0] }, 0.1));
  assert(!client.update("a", { ...good, error: Infinity }, 0.1));
  assert(!client.update("a", { ...good, adjustment: -Infinity }, 0.1));
  assert(!client.update("a", { ...good, height: NaN }, 0.1));
  for (const rtt of [-1e-9, 10.000001, NaN]) assert(!client.update("a", good, rtt));
  assertEquals(client.coordinate, before);
  assert(client.update("a", good, 10));
});

Deno.test("two nodes with the same position are pushed apart in a random direction", () => {
  const client = new CoordinateClient(randomFrom(1));
  const other = client.coordinate;
  assert(client.update("a", other, 0.1));
  assert(client.coordinate.vec.every((component) => component !== 0));
  assertEquals(client.coordinate.height, other.height);
});

Deno.test("if the random direction has no length, the first axis is taken", () => {
  const client = new CoordinateClient(() => 0.5);
  assert(client.update("a", client.coordinate, 0.1));
  const [first, ...others] = client.coordinate.vec;
  assert(first > 0);
  assertEquals(others, new Array(7).fill(0));
});

Deno.test("a coordinate that overflows starts again and is counted", () => {
  const client = new CoordinateClient(randomFrom(1));
  const start = client.coordinate;
  const far = { ...start, vec: [1e308, -1e308, 1e308, 0, 0, 0, 0, 0] };
  assert(client.update("a", far, 0.1));
  assertEquals(client.resets, 1);
  assertEquals(client.coordinate, start);
  const again = new CoordinateClient(randomFrom(1));
  again.load(client.save());
  assertEquals(again.resets, 1);
});

Deno.test("forgetting a node empties its median filter", () => {
  const other: Coordinate = {
    vec: [0.05, 0, 0, 0, 0, 0, 0, 0],
    error: 0.5,
    adjustment: 0,
    height: 1e-5,
  };
  const forgetful = new CoordinateClient(noRandom);
  const fresh = new CoordinateClient(noRandom);
  for (const client of [forgetful, fresh]) client.update("a", other, 0.05);
  forgetful.forget("a");
  forgetful.update("a", other, 0.01);
  fresh.update("b", other, 0.01);
  assertEquals(forgetful.coordinate, fresh.coordinate);
});

Deno.test("nodes on a line learn their distances", () => {
  const random = randomFrom(7);
  const clients = Array.from({ length: 6 }, () => new CoordinateClient(random));
  const latency = (i: number, j: number) => 0.01 * Math.abs(i - j);
  for (let round = 0; round < 3_000; round++) {
    const i = Math.floor(random() * 6);
    const j = (i + 1 + Math.floor(random() * 5)) % 6;
    clients[i].update(`n${j}`, clients[j].coordinate, latency(i, j));
  }
  const estimate = (i: number, j: number) => distance(clients[i].coordinate, clients[j].coordinate);
  for (const [i, j] of [[0, 5], [1, 4], [2, 3]]) {
    assertAlmostEquals(estimate(i, j), latency(i, j), 0.005);
  }
  assertLess(clients[0].coordinate.error, 0.3);
});
