/**
 * What is waiting to be gossiped.
 *
 * @module
 */

import { messageLength } from "../wire/codec.ts";
import type { Message } from "../wire/messages.ts";

/** A message for everybody. */
export interface Broadcast {
  readonly message: Message;
  /** A newer broadcast of the same name replaces this one. */
  readonly name?: string;
  /** Called once: it was sent its full count, or replaced, or pruned. */
  readonly finished?: () => void;
}

interface Queued {
  readonly broadcast: Broadcast;
  /** Bytes, the type byte included. */
  readonly length: number;
  /** Order of arrival. */
  readonly id: number;
  /** How often it has been sent. */
  transmits: number;
}

/** Equally long broadcasts that were sent equally often, oldest first: the next to be sent is the last. */
interface Bucket {
  readonly length: number;
  readonly items: Queued[];
}

/**
 * A transmit-limited queue: what has been sent least goes first, so that news travels fast; among equals the longest,
 * so that packets fill well; then the newest. Each message is sent as often as the limit says, and then dropped.
 */
export class BroadcastQueue {
  /** Buckets by how often their broadcasts were sent, then the longest first; none is empty. */
  readonly #tiers: Bucket[][] = [];
  readonly #named = new Map<string, Queued>();
  readonly #retransmitLimit: () => number;
  #length = 0;
  #lastId = 0;

  /** `retransmitLimit` is asked at every take, because it grows with the cluster. */
  constructor(retransmitLimit: () => number) {
    this.#retransmitLimit = retransmitLimit;
  }

  /** How many broadcasts are waiting. */
  get length(): number {
    return this.#length;
  }

  /** Adds a broadcast, in place of one with the same name. */
  queue(broadcast: Broadcast): void {
    const { message, name } = broadcast;
    const replaced = name === undefined ? undefined : this.#named.get(name);
    if (replaced !== undefined) this.#remove(replaced);
    const length = messageLength(message);
    const item: Queued = { broadcast, length, id: ++this.#lastId, transmits: 0 };
    if (name !== undefined) this.#named.set(name, item);
    this.#insert(item);
    replaced?.broadcast.finished?.();
  }

  /**
   * The messages for one packet: at most `limit` bytes, counting `overhead` for each. Every message that is returned
   * counts as sent once.
   */
  take(overhead: number, limit: number): Message[] {
    const taken: Queued[] = [];
    let free = limit - overhead;
    for (const tier of this.#tiers) {
      for (let i = bucketIndex(tier, free); i < tier.length; i = bucketIndex(tier, free)) {
        const { items } = tier[i];
        const item = items.pop() as Queued;
        if (items.length === 0) tier.splice(i, 1);
        taken.push(item);
        free -= item.length + overhead;
      }
    }
    this.#length -= taken.length;
    this.#countSent(taken);
    return taken.map((item) => item.broadcast.message);
  }

  /** Drops what was sent most, then the shortest, then the oldest, until at most `max` remain. */
  prune(max: number): void {
    const dropped: Queued[] = [];
    for (const tier of this.#tiers.toReversed()) {
      while (tier.length > 0 && this.#length > max) {
        const { items } = tier[tier.length - 1];
        const cut = items.splice(0, this.#length - max);
        if (items.length === 0) tier.pop();
        this.#length -= cut.length;
        dropped.push(...cut);
      }
    }
    this.#finish(dropped);
  }

  #countSent(items: readonly Queued[]): void {
    const limit = this.#retransmitLimit();
    const spent: Queued[] = [];
    for (const item of items) {
      item.transmits++;
      if (item.transmits < limit) this.#insert(item);
      else spent.push(item);
    }
    this.#finish(spent);
  }

  /** Forgets items that have left the tiers. All names go first: a callback may queue something. */
  #finish(items: readonly Queued[]): void {
    for (const { broadcast: { name } } of items) if (name !== undefined) this.#named.delete(name);
    for (const { broadcast } of items) broadcast.finished?.();
  }

  #insert(item: Queued): void {
    while (this.#tiers.length <= item.transmits) this.#tiers.push([]);
    const tier = this.#tiers[item.transmits];
    const i = bucketIndex(tier, item.length);
    if (tier[i]?.length !== item.length) {
      tier.splice(i, 0, { length: item.length, items: [item] });
    } else {
      const { items } = tier[i];
      items.splice(itemIndex(items, item.id), 0, item);
    }
    this.#length++;
  }

  #remove({ transmits, length, id }: Queued): void {
    const tier = this.#tiers[transmits];
    const i = bucketIndex(tier, length);
    const { items } = tier[i];
    items.splice(itemIndex(items, id), 1);
    if (items.length === 0) tier.splice(i, 1);
    this.#length--;
  }
}

/** Where the first bucket stands whose messages are not longer than `length`. */
function bucketIndex(tier: readonly Bucket[], length: number): number {
  let low = 0;
  let high = tier.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (tier[middle].length > length) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where the first item stands whose id is not below `id`. */
function itemIndex(items: readonly Queued[], id: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (items[middle].id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
