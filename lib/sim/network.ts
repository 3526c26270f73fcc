/**
 * The virtual network: delay, loss, duplicates, reordering, partitions.
 *
 * @module
 */

import type { Random } from "./random.ts";

/** How the network behaves. Probabilities are from 0 to 1 and apply to each packet by itself. */
export interface NetworkOptions {
  /**
   * One-way delay in milliseconds, drawn uniformly for each packet; packets closer together than the width of the
   * range may therefore overtake each other. Default 0.2 to 1.
   */
  readonly latencyMs?: readonly [min: number, max: number];
  /** Share of datagrams that are lost, and of stream segments that must be sent again. Default 0. */
  readonly loss?: number;
  /** Share of datagrams that arrive twice. Default 0. */
  readonly duplicate?: number;
  /** Share of datagrams that are held back by up to twenty times the longest delay. Default 0. */
  readonly reorder?: number;
  /** What is different between two nodes, given by index, in this direction; `undefined` if nothing is. */
  readonly link?: (from: number, to: number) => LinkOptions | undefined;
}

/** A link that is not like the rest of the network. */
export interface LinkOptions {
  /** One-way delay in milliseconds. Default: that of the network. */
  readonly latencyMs?: readonly [min: number, max: number];
  /** Share of datagrams that are lost, 0 to 1. Default: that of the network. */
  readonly loss?: number;
}

/** How much longer than the longest usual delay a reordered datagram may take. */
const REORDER_FACTOR = 20;
/** First and longest retransmission timeout of a TCP segment, milliseconds (as on Linux); it doubles with each try. */
const RETRANSMIT_MS = 200;
const MAX_RETRANSMIT_MS = 120_000;
/** Delay of what a host sends to itself, milliseconds. */
const LOOPBACK_MS = 0.05;

/** Decides what happens to each packet and stream. It identifies hosts by their index, and sends nothing itself. */
export class Network {
  readonly #random: Random;
  /** What is the same between all nodes but those with a special link. */
  #usual: Required<LinkOptions>;
  readonly #link: NetworkOptions["link"];
  #duplicate = 0;
  #reorder = 0;
  #sides: readonly number[] = [];
  readonly #cuts = new Set<number>();
  readonly #datagramCuts = new Set<number>();

  constructor(random: Random, options: NetworkOptions = {}) {
    this.#random = random;
    this.#usual = checkLink({ latencyMs: options.latencyMs ?? [0.2, 1], loss: options.loss ?? 0 });
    this.#link = options.link;
    this.duplicate = options.duplicate ?? 0;
    this.reorder = options.reorder ?? 0;
  }

  /** Share of datagrams that are lost; may be changed at any time. */
  get loss(): number {
    return this.#usual.loss;
  }

  set loss(value: number) {
    this.#usual = checkLink({ ...this.#usual, loss: value });
  }

  /** Share of datagrams that arrive twice; may be changed at any time. */
  get duplicate(): number {
    return this.#duplicate;
  }

  set duplicate(value: number) {
    this.#duplicate = probability("duplicate", value);
  }

  /** Share of datagrams that are held back; may be changed at any time. */
  get reorder(): number {
    return this.#reorder;
  }

  set reorder(value: number) {
    this.#reorder = probability("reorder", value);
  }

  /**
   * Splits the network: hosts reach only those of their own group. Hosts in none of the groups make up one more.
   * Replaces an earlier partition.
   */
  partition(groups: readonly (readonly number[])[]): void {
    const sides: number[] = [];
    for (const [i, group] of groups.entries()) for (const host of group) sides[host] = i + 1;
    this.#sides = sides;
  }

  /** Cuts the link from one host to another, in that direction only; for all packets, or for datagrams only. */
  cut(
    from: number,
    to: number,
    { datagrams = false }: { readonly datagrams?: boolean } = {},
  ): void {
    (datagrams ? this.#datagramCuts : this.#cuts).add(linkOf(from, to));
  }

  /** Ends the partition and mends all cut links. */
  heal(): void {
    this.#sides = [];
    this.#cuts.clear();
    this.#datagramCuts.clear();
  }

  /** Whether packets can get from one host to another. */
  reaches(from: number, to: number): boolean {
    return (this.#sides[from] ?? 0) === (this.#sides[to] ?? 0) &&
      (this.#cuts.size === 0 || !this.#cuts.has(linkOf(from, to)));
  }

  /** How long a datagram takes, milliseconds; negative when it gets lost. */
  datagramDelay(from: number, to: number): number {
    if (from === to) return LOOPBACK_MS;
    const { latencyMs: [minMs, maxMs], loss } = this.#linkBetween(from, to);
    if (!this.reaches(from, to) || this.#random.chance(loss)) return -1;
    if (this.#datagramCuts.size > 0 && this.#datagramCuts.has(linkOf(from, to))) return -1;
    const delay = this.#random.between(minMs, maxMs);
    if (!this.#random.chance(this.#reorder)) return delay;
    return delay + this.#random.next() * REORDER_FACTOR * maxMs;
  }

  /** Whether a datagram that was not lost arrives once more. */
  duplicates(): boolean {
    return this.#random.chance(this.#duplicate);
  }

  /** How long a number of one-way trips on a stream take, milliseconds: a lost segment is sent again, which delays it. */
  streamDelay(from: number, to: number, trips: number): number {
    if (from === to) return trips * LOOPBACK_MS;
    const { latencyMs: [minMs, maxMs], loss } = this.#linkBetween(from, to);
    let delay = 0;
    for (let i = 0; i < trips; i++) {
      delay += this.#random.between(minMs, maxMs);
      let wait = RETRANSMIT_MS;
      for (; wait < MAX_RETRANSMIT_MS && this.#random.chance(loss); wait *= 2) delay += wait;
    }
    return delay;
  }

  #linkBetween(from: number, to: number): Required<LinkOptions> {
    const link = to < 0 ? undefined : this.#link?.(from, to);
    if (link === undefined) return this.#usual;
    const { latencyMs = this.#usual.latencyMs, loss = this.#usual.loss } = link;
    return checkLink({ latencyMs, loss });
  }
}

/** One number for an ordered pair of hosts; exact up to 2^26 hosts. */
function linkOf(from: number, to: number): number {
  return from * 2 ** 26 + to;
}

function checkLink(link: Required<LinkOptions>): Required<LinkOptions> {
  const { latencyMs, loss } = link;
  if (!(latencyMs[0] >= 0 && latencyMs[1] >= latencyMs[0])) {
    throw new RangeError(`Cannot use latencyMs: got [${latencyMs}]`);
  }
  probability("loss", loss);
  return link;
}

function probability(name: string, value: number): number {
  if (!(value >= 0 && value <= 1)) {
    throw new RangeError(`Cannot use ${name}: got ${value}, expected 0 to 1`);
  }
  return value;
}
