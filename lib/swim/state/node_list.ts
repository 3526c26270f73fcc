/**
 * The nodes that we know, in the order in which they are probed (memberlist's `nodes` and `nodeMap`).
 *
 * @module
 */

import { NameTable } from "../../base/memory_economy.ts";
import type { Claim } from "../../wire/messages/messages.ts";
import { isUp } from "./claims.ts";
import { RingSuccessors } from "./ring_successors.ts";
import type { SwimWorld } from "../timer.ts";

/** Of fewer nodes, each is told by half of the others or more, who take turns. */
const MIN_RINGED = 10;
/** Of more nodes, it takes too long to find the successors: with so many, nearly two milliseconds in a young process. */
const MAX_RINGED = 256;

/** Whether a node is wanted. */
export type Filter = (claim: Claim) => boolean;

/**
 * The latest claim about each node. The list is in random order; probes and gossip walk along it. It takes little memory,
 * since a simulation has one list for each of its nodes: claims are shared, and nothing else is stored about a node that is
 * alive.
 */
export class NodeList {
  readonly #self: string;
  readonly #world: Pick<SwimWorld, "now" | "random">;
  readonly #gossipToTheDeadMs: number;
  readonly #claims: NameTable<Claim>;
  /** When nodes that are dead or have left became so. */
  #deadOrLeftSince = new Map<string, number>();
  #probeIndex = 0;
  #walkIndex = 0;
  #alive = 0;
  /** The name that comes after ours, once it has been asked for. */
  #successor: string | undefined;
  /** The rings of all nodes that have not left, once somebody was to be told something along them. */
  #rings: RingSuccessors | undefined;

  /** `self` is our own name. Nodes that are dead or have left expire after `gossipToTheDeadMs`; we ourselves never do. */
  constructor(self: string, options: { world: SwimWorld; gossipToTheDeadMs: number }) {
    this.#self = self;
    this.#world = options.world;
    this.#gossipToTheDeadMs = options.gossipToTheDeadMs;
    const random = () => options.world.random();
    this.#claims = new NameTable({ nameOf: (claim) => claim.node, random });
  }

  /** How many nodes are known: in any state, ourselves included. */
  get size(): number {
    return this.#claims.size;
  }

  /** How many of them are alive or suspect. */
  get aliveCount(): number {
    return this.#alive;
  }

  /** Whether another node is alive or suspect. */
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

  /** Adds a node, or replaces what is known of it. A new node goes to a random place, which bounds the time until its first probe. */
  put(claim: Claim): void {
    const known = this.#claims.set(claim);
    if (known === undefined && this.size > 1) this.#swapIntoRandomPlace();
    const wasUp = known !== undefined && isUp(known);
    if (isUp(claim)) {
      if (!wasUp) this.#alive++;
      this.#deadOrLeftSince.delete(claim.node);
      if (this.#successor !== undefined && this.#comesBefore(claim.node, this.#successor)) {
        this.#successor = claim.node;
      }
    } else {
      if (claim.node === this.#successor) this.#successor = undefined;
      if (wasUp) this.#alive--;
      if (wasUp || known === undefined) this.#deadOrLeftSince.set(claim.node, this.#world.now);
    }
    if (claim.state === "left") this.#leaveRings(claim.node);
    else this.#rings?.add(claim.node);
  }

  /** Whether a node has been dead, or has left, for so long that it can be forgotten. */
  isExpired(node: string): boolean {
    const since = this.#deadOrLeftSince.get(node);
    return since !== undefined && this.#world.now - since > this.#gossipToTheDeadMs;
  }

  /**
   * The next other node to probe that is alive or suspect: round-robin, so that a failure is found in bounded time (SWIM,
   * section 4.3). At the end of the list, expired nodes are removed and the others shuffled.
   */
  nextProbe(): Claim | undefined {
    for (let seen = 0; seen <= this.size; seen++) {
      if (this.#probeIndex >= this.size) {
        this.#removeExpired();
        this.#shuffle();
        this.#probeIndex = 0;
      }
      const claim = this.#other(this.#probeIndex++);
      if (claim !== undefined && isUp(claim)) return claim;
    }
    return undefined;
  }

  /**
   * The next other node along the list that passes. memberlist chooses at random for gossip; taking turns makes sure that no
   * node is left out for long.
   */
  next(filter: Filter): Claim | undefined {
    for (let seen = 0; seen < this.size; seen++) {
      this.#walkIndex = (this.#walkIndex + 1) % this.size;
      const claim = this.#other(this.#walkIndex);
      if (claim !== undefined && filter(claim)) return claim;
    }
    return undefined;
  }

  /** The node whose name comes next after ours among those that are alive or suspect; after the last name comes the first. */
  get successor(): Claim | undefined {
    this.#successor ??= this.#findSuccessor();
    return this.#successor === undefined ? undefined : this.#claims.get(this.#successor);
  }

  /**
   * The names of those who are told news first: the successor, and where there are rings, also the successors in these. Nodes
   * that died recently are among them, because gossip goes to them, too.
   */
  get neighbours(): readonly string[] {
    const { successor } = this;
    if (successor === undefined) return [];
    if (this.#alive < MIN_RINGED || this.size > MAX_RINGED) return [successor.node];
    this.#rings ??= this.#findRings();
    return [...new Set([successor.node, ...this.#rings.successors])];
  }

  #findRings(): RingSuccessors {
    const rings = new RingSuccessors(this.#self);
    for (const { node, state } of this.#claims.values()) if (state !== "left") rings.add(node);
    return rings;
  }

  /** Successors of a node that is gone are looked for when they are next asked for. */
  #leaveRings(node: string): void {
    if (this.#rings?.successors.includes(node)) this.#rings = undefined;
  }

  /** Up to `count` random other nodes that pass (memberlist's `kRandomNodes`). If few of many pass, some may be missed. */
  randomNodes(count: number, filter: Filter): Claim[] {
    const { size } = this;
    const found: Claim[] = [];
    // In a small cluster every node is looked at, where random draws could easily miss one.
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

  /** Whether `a` comes before `b` in the ring of names, starting after ours. */
  #comesBefore(a: string, b: string): boolean {
    if (a === this.#self) return false;
    return a > this.#self === b > this.#self ? a < b : a > this.#self;
  }

  #swapIntoRandomPlace(): void {
    const last = this.size - 1;
    this.#swap(this.#below(last), last);
  }

  #removeExpired(): void {
    for (const name of this.#deadOrLeftSince.keys()) {
      if (name === this.#self || !this.isExpired(name)) continue;
      this.#claims.delete(name);
      this.#deadOrLeftSince.delete(name);
      this.#leaveRings(name);
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

  /** See {@link SerfCore.save}. */
  save() {
    return {
      claims: this.#claims.save(),
      deadOrLeftSince: this.#deadOrLeftSince,
      probeIndex: this.#probeIndex,
      walkIndex: this.#walkIndex,
      alive: this.#alive,
      successor: this.#successor,
    };
  }

  load(saved: ReturnType<NodeList["save"]>): void {
    this.#claims.load(saved.claims);
    this.#deadOrLeftSince = saved.deadOrLeftSince;
    this.#probeIndex = saved.probeIndex;
    this.#walkIndex = saved.walkIndex;
    this.#alive = saved.alive;
    this.#successor = saved.successor;
  }
}
