/**
 * Everybody we know of.
 *
 * @module
 */

import { NameTable } from "../../base/name_table.ts";
import type { Claim } from "../../wire/messages/messages.ts";
import { isUp } from "./claims.ts";
import type { SwimWorld } from "../timer.ts";

/** Decides whether a member is wanted. */
export type Filter = (claim: Claim) => boolean;

/**
 * The latest claim about each node, in the order in which probes and gossip walk along them. It is kept small, because a
 * simulation has as many node lists as nodes: the claims are shared, and only the dead and the left have a record beside
 * theirs.
 */
export class NodeList {
  readonly #self: string;
  readonly #world: Pick<SwimWorld, "now" | "random">;
  /** How long the dead and the left are remembered, milliseconds. */
  readonly #memoryMs: number;
  /** In random order; newcomers go to a random place, which bounds the time until their first probe. */
  readonly #claims: NameTable<Claim>;
  /** When those who are not alive or suspect became so. */
  readonly #goneSince = new Map<string, number>();
  #probeIndex = 0;
  #walkIndex = 0;
  #alive = 0;
  /** Who comes after us in the ring of names, once somebody has asked. */
  #successor: string | undefined;

  /** `self` is never forgotten and never picked. */
  constructor(self: string, options: { world: SwimWorld; memoryMs: number }) {
    this.#self = self;
    this.#world = options.world;
    this.#memoryMs = options.memoryMs;
    const random = () => options.world.random();
    this.#claims = new NameTable({ nameOf: (claim) => claim.node, random });
  }

  /** How many nodes are known, whatever their state, ourselves included. */
  get size(): number {
    return this.#claims.size;
  }

  /** How many of them are alive or suspect. */
  get aliveCount(): number {
    return this.#alive;
  }

  /** Whether anybody but ourselves is alive or suspect. */
  get anyOtherAlive(): boolean {
    const own = this.#claims.get(this.#self);
    return this.#alive > (own !== undefined && isUp(own) ? 1 : 0);
  }

  /** The latest claim about a node. */
  get(node: string): Claim | undefined {
    return this.#claims.get(node);
  }

  /** The claims about all nodes. */
  claims(): IterableIterator<Claim> {
    return this.#claims.values();
  }

  /** Takes a claim as the latest about its node, which may be new. */
  put(claim: Claim): void {
    const known = this.#claims.set(claim);
    if (known === undefined && this.size > 1) this.#swapIntoRandomPlace();
    const wasUp = known !== undefined && isUp(known);
    if (isUp(claim)) {
      if (!wasUp) this.#alive++;
      this.#goneSince.delete(claim.node);
      if (this.#successor !== undefined && this.#comesBefore(claim.node, this.#successor)) {
        this.#successor = claim.node;
      }
    } else {
      if (claim.node === this.#successor) this.#successor = undefined;
      if (wasUp) this.#alive--;
      if (wasUp || known === undefined) this.#goneSince.set(claim.node, this.#world.now);
    }
  }

  /** Whether a node that is dead or left has been so for longer than such nodes are remembered. */
  isLongGone(node: string): boolean {
    const since = this.#goneSince.get(node);
    return since !== undefined && this.#world.now - since > this.#memoryMs;
  }

  /**
   * The next node to probe: alive or suspect, not ourselves, none twice before all had their turn (SWIM, section 4.3).
   * At the end of the list those long gone are forgotten, and the rest is shuffled.
   */
  nextProbe(): Claim | undefined {
    for (let seen = 0; seen <= this.size; seen++) {
      if (this.#probeIndex >= this.size) {
        this.#forgetLongGone();
        this.#shuffle();
        this.#probeIndex = 0;
      }
      const claim = this.#other(this.#probeIndex++);
      if (claim !== undefined && isUp(claim)) return claim;
    }
    return undefined;
  }

  /**
   * The next other that passes, along the list: all are reached in turn, where a random choice would pass over some for
   * long.
   */
  next(filter: Filter): Claim | undefined {
    for (let seen = 0; seen < this.size; seen++) {
      this.#walkIndex = (this.#walkIndex + 1) % this.size;
      const claim = this.#other(this.#walkIndex);
      if (claim !== undefined && filter(claim)) return claim;
    }
    return undefined;
  }

  /** The other that is alive or suspect whose name comes next after ours, the first name after the last. */
  get successor(): Claim | undefined {
    this.#successor ??= this.#findSuccessor();
    return this.#successor === undefined ? undefined : this.#claims.get(this.#successor);
  }

  /** Up to `count` random others that pass. In a large cluster with few that pass, some may be missed. */
  pick(count: number, filter: Filter): Claim[] {
    const { size } = this;
    const found: Claim[] = [];
    // Where random draws could easily miss somebody, everybody is looked at.
    const order = size < 3 * count ? this.#permutation() : undefined;
    const draws = order?.length ?? 3 * size;
    for (let i = 0; i < draws && found.length < count; i++) {
      const claim = this.#other(order?.[i] ?? this.#below(size));
      if (claim !== undefined && filter(claim) && !found.includes(claim)) found.push(claim);
    }
    return found;
  }

  #other(index: number): Claim | undefined {
    const claim = this.#claims.at(index);
    return claim?.node === this.#self ? undefined : claim;
  }

  #findSuccessor(): string | undefined {
    let found: string | undefined;
    for (const claim of this.#claims.values()) {
      if (claim.node === this.#self || !isUp(claim)) continue;
      if (found === undefined || this.#comesBefore(claim.node, found)) found = claim.node;
    }
    return found;
  }

  /** Whether one who starts behind us in the ring of names meets `a` before `b`. */
  #comesBefore(a: string, b: string): boolean {
    if (a === this.#self) return false;
    return a > this.#self === b > this.#self ? a < b : a > this.#self;
  }

  #swapIntoRandomPlace(): void {
    const last = this.size - 1;
    this.#swap(this.#below(last), last);
  }

  #forgetLongGone(): void {
    for (const name of this.#goneSince.keys()) {
      if (name === this.#self || !this.isLongGone(name)) continue;
      this.#claims.delete(name);
      this.#goneSince.delete(name);
    }
  }

  #shuffle(): void {
    for (let i = this.size - 1; i > 0; i--) this.#swap(i, this.#below(i + 1));
  }

  #permutation(): number[] {
    const order: number[] = [];
    for (let i = 0; i < this.size; i++) {
      const place = this.#below(i + 1);
      order.push(order[place]);
      order[place] = i;
    }
    return order;
  }

  #swap(a: number, b: number): void {
    if (a !== b) this.#claims.swap(a, b);
  }

  /** A random index below `size`; 0 if that is 0. */
  #below(size: number): number {
    return Math.floor(this.#world.random() * size);
  }
}
