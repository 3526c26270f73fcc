import { assert, assertEquals } from "@std/assert";
import { type Cluster, simulate } from "../../lib/sim/mod.ts";
import { collectionSizes } from "../support/collection_sizes.ts";

/** The names of the classes that a folder defines. */
function classesIn(folder: URL): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return classesIn(new URL(`${name}/`, folder));
    const source = Deno.readTextFileSync(new URL(name, folder));
    return Array.from(source.matchAll(/^(?:export )?(?:abstract )?class (\w+)/gm), ([, it]) => it);
  });
}

const CORE = new Set(
  ["wire", "swim", "serf"].flatMap((room) =>
    classesIn(new URL(`../../lib/${room}/`, import.meta.url))
  ),
);

/** A table that doubles once by chance, such as one of those who happen to be suspected just now, is as large at most. */
const SMALL_BYTES = 2_048;

/** Members come with names that nobody has had, take part, and leave, fail or are removed. */
function comeAndGo(cluster: Cluster, rounds: number): void {
  for (let round = 0; round < rounds; round++) {
    const visitors = Array.from({ length: 3 }, () => cluster.add());
    for (const visitor of visitors) visitor.join(cluster.node(round % 4));
    cluster.run({ seconds: 5 });
    for (const node of cluster.running) {
      node.userEvent(`event-${cluster.now}-${node.name}`, "payload");
      node.query(`query-${cluster.now}`);
      node.setTags({ round: `${cluster.now}` });
    }
    cluster.partition([0, 1], [2, 3]);
    cluster.run({ seconds: 3 });
    cluster.heal();
    const [leaving, killed, removed] = visitors;
    leaving.leave();
    killed.kill();
    removed.kill();
    cluster.run({ seconds: 10 });
    cluster.node(0).forceLeave(removed.name, { prune: true });
    cluster.run({ seconds: 5 });
  }
  // Whoever has gone is reaped by then.
  cluster.run({ seconds: 300 });
}

Deno.test("nothing in a node grows with the members, events and queries that have come and gone", () => {
  const cluster = simulate({
    nodes: 4,
    seed: 1,
    config: {
      tombstoneTimeoutMs: 60_000,
      reconnectTimeoutMs: 60_000,
      eventBuffer: 16,
      queryBuffer: 16,
      evidenceBytes: 16_384,
    },
  });
  cluster.answerQueries(() => new Uint8Array(8));
  comeAndGo(cluster, 20);
  const before = collectionSizes(CORE);
  comeAndGo(cluster, 60);
  const after = collectionSizes(CORE);
  assert(after.size > 20, `found only ${[...after.keys()]}`);
  const grown = [...after].filter(([field, bytes]) =>
    bytes > Math.max(SMALL_BYTES, before.get(field) ?? 0)
  );
  assertEquals(grown.map(([field, bytes]) => `${field}: ${before.get(field)} -> ${bytes}`), []);
});
