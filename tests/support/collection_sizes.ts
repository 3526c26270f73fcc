/**
 * How large the collections are that objects of some classes hold, from a snapshot of the heap, which sees private fields.
 *
 * @module
 */

import { writeHeapSnapshot } from "node:v8";
import { TemporaryDirectory } from "./temporary_directory.ts";

/** The parts of V8's snapshot that are used here. Nodes and edges lie one after the other, as numbers. */
interface HeapSnapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly edge_fields: readonly string[];
    };
  };
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly strings: readonly string[];
}

/** The internal edge that leads from a collection to its entries. */
const ENTRIES = new Map([["Map", "table"], ["Set", "table"], ["Array", "elements"]]);

/**
 * Returns the bytes of the largest table of entries that a field holds, by class and field, such as
 * `Membership.#suspicions`.
 */
export function collectionSizes(classes: ReadonlySet<string>): Map<string, number> {
  using directory = new TemporaryDirectory();
  const path = directory.file("heap");
  writeHeapSnapshot(path);
  const heap: HeapSnapshot = JSON.parse(Deno.readTextFileSync(path));
  const { nodes, edges, strings, snapshot: { meta } } = heap;
  const nodeSize = meta.node_fields.length;
  const edgeSize = meta.edge_fields.length;
  const sizeAt = meta.node_fields.indexOf("self_size");
  const countAt = meta.node_fields.indexOf("edge_count");
  const nameOf = (node: number) => strings[nodes[node + 1]];

  const firstEdges = new Map<number, number>();
  let edge = 0;
  for (let node = 0; node < nodes.length; node += nodeSize) {
    firstEdges.set(node, edge);
    edge += nodes[node + countAt] * edgeSize;
  }
  /** The names of the edges of a node, and the nodes they lead to. Elements have numbers for names, which are no strings. */
  function* edgesOf(node: number): Generator<readonly [string, number]> {
    const first = firstEdges.get(node)!;
    for (let i = 0; i < nodes[node + countAt]; i++) {
      const at = first + i * edgeSize;
      yield [strings[edges[at + 1]], edges[at + 2]];
    }
  }

  const sizes = new Map<string, number>();
  for (const owner of firstEdges.keys()) {
    if (!classes.has(nameOf(owner))) continue;
    for (const [field, collection] of edgesOf(owner)) {
      const entries = ENTRIES.get(nameOf(collection));
      if (entries === undefined) continue;
      for (const [name, table] of edgesOf(collection)) {
        if (name !== entries) continue;
        const key = `${nameOf(owner)}.${field}`;
        sizes.set(key, Math.max(sizes.get(key) ?? 0, nodes[table + sizeAt]));
      }
    }
  }
  return sizes;
}
