/**
 * Which nodes of a scenario are in which zone, and to which of them something happens.
 *
 * @module
 */

import type { LinkOptions } from "../network.ts";
import type { Random } from "../random.ts";
import type { NodeFault, Partition, Scenario } from "./scenario.ts";

/** Draws the nodes for the faults of a scenario. A node has one fault at most. */
export class Cast {
  readonly #scenario: Scenario;
  readonly #random: Random;
  /** By node: the index of its zone. */
  readonly #zoneOf: readonly number[];
  readonly #drawn = new Set<number>();

  constructor(scenario: Scenario, random: Random) {
    this.#scenario = scenario;
    this.#random = random;
    this.#zoneOf = scenario.zones.flatMap(({ nodes }, zone) => Array<number>(nodes).fill(zone));
  }

  /** Draws the nodes of a fault; throws a `RangeError` if there are not enough. */
  draw({ nodes, zone }: NodeFault): number[] {
    const free = this.untouched.filter((index) => zone === undefined || this.#isIn(index, [zone]));
    // One node is left alone, to send events and to see what happens.
    if (nodes > free.length || nodes >= this.untouched.length) {
      const where = zone === undefined ? "" : ` of zone "${zone}"`;
      throw new RangeError(
        `Cannot use ${nodes} nodes${where} for a fault: nothing else happens to ${free.length}, and one node must be left`,
      );
    }
    const drawn = this.#choose(free, nodes);
    for (const index of drawn) this.#drawn.add(index);
    return drawn;
  }

  /** The nodes on one side of a partition. */
  side({ zones, nodes }: Partition): number[] {
    const all = this.#scenario.nodes;
    const indexes = Array.from({ length: all }, (_, index) => index);
    if (zones.length > 0) return indexes.filter((index) => this.#isIn(index, zones));
    if (nodes >= all) throw new RangeError(`Cannot cut off ${nodes} of ${all} nodes`);
    return this.#choose(indexes, nodes);
  }

  /** The nodes to which nothing happens, apart from partitions. */
  get untouched(): number[] {
    return Array.from({ length: this.#scenario.nodes }, (_, index) => index)
      .filter((index) => !this.#drawn.has(index));
  }

  /** Whether something happens to a node, apart from partitions. */
  isImpaired(index: number): boolean {
    return this.#drawn.has(index);
  }

  /** The network between two nodes; `undefined` if there are no zones. */
  get link(): ((from: number, to: number) => LinkOptions | undefined) | undefined {
    const { zones, links } = this.#scenario;
    if (zones.length === 0) return undefined;
    const table: (LinkOptions | undefined)[][] = zones.map((from) =>
      zones.map((to) =>
        from === to
          ? from
          : links.find(({ between: [a, b] }) =>
            a === from.name && b === to.name || a === to.name && b === from.name
          )
      )
    );
    return (from, to) => table[this.#zoneOf[from]][this.#zoneOf[to]];
  }

  #isIn(index: number, zones: readonly string[]): boolean {
    return zones.includes(this.#scenario.zones[this.#zoneOf[index]].name);
  }

  #choose(from: readonly number[], count: number): number[] {
    const rest = [...from];
    return Array.from({ length: count }, () => rest.splice(this.#random.below(rest.length), 1)[0]);
  }
}
