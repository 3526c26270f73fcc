/**
 * What is waiting to be gossiped.
 *
 * @module
 */

import { messageLength } from "../../wire/messages/message_codec.ts";
import type { Message } from "../../wire/messages/messages.ts";

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

/**
 * Equally long broadcasts that were sent equally often. The newest goes first, so what was sent comes from the bucket
 * before in falling order: it is added at the old end, and fresh broadcasts at the new one, both without a search.
 */
class Bucket {
  /** Bytes of each broadcast. */
  readonly length: number;
  /** In rising order. */
  #newer: Queued[] = [];
  /** Those older than all of the newer ones, in falling order. */
  #older: Queued[] = [];

  constructor(length: number) {
    this.length = length;
  }

  get isEmpty(): boolean {
    return this.#newer.length + this.#older.length === 0;
  }

  add(item: Queued): void {
    const newest = this.#newer.at(-1) ?? this.#older[0];
    const oldest = this.#older.at(-1) ?? this.#newer[0];
    if (newest === undefined || item.id > newest.id) {
      this.#newer.push(item);
    } else if (item.id < oldest.id) {
      this.#older.push(item);
    } else {
      this.#unite();
      this.#newer.splice(this.#newer.findIndex(({ id }) => id > item.id), 0, item);
    }
  }

  remove(item: Queued): void {
    this.#unite();
    this.#newer.splice(this.#newer.indexOf(item), 1);
  }

  /** The bucket must not be empty. */
  takeNewest(): Queued {
    if (this.#newer.length === 0) this.#unite();
    return this.#newer.pop() as Queued;
  }

  /** The bucket must not be empty. */
  takeOldest(): Queued {
    return (this.#older.pop() ?? this.#newer.shift()) as Queued;
  }

  #unite(): void {
    if (this.#older.length === 0) return;
    this.#newer = [...this.#older.reverse(), ...this.#newer];
    this.#older = [];
  }
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
  #bytes = 0;
  #lastId = 0;

  /** `retransmitLimit` is asked at every take, because it grows with the cluster. */
  constructor(retransmitLimit: () => number) {
    this.#retransmitLimit = retransmitLimit;
  }

  /** How many broadcasts are waiting. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of all that waits, counting `overhead` for each. */
  waitingBytes(overhead: number): number {
    return this.#bytes + overhead * this.#length;
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
        const item = tier[i].takeNewest();
        if (tier[i].isEmpty) tier.splice(i, 1);
        taken.push(item);
        this.#bytes -= item.length;
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
        const shortest = tier[tier.length - 1];
        dropped.push(shortest.takeOldest());
        this.#bytes -= shortest.length;
        if (shortest.isEmpty) tier.pop();
        this.#length--;
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
    if (tier[i]?.length !== item.length) tier.splice(i, 0, new Bucket(item.length));
    tier[i].add(item);
    this.#length++;
    this.#bytes += item.length;
  }

  #remove(item: Queued): void {
    const tier = this.#tiers[item.transmits];
    const i = bucketIndex(tier, item.length);
    tier[i].remove(item);
    if (tier[i].isEmpty) tier.splice(i, 1);
    this.#length--;
    this.#bytes -= item.length;
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
