/**
 * The broadcasts that wait to be gossiped: memberlist's `TransmitLimitedQueue`.
 *
 * The order is that of a list which is sorted like this, and packets take from its front what fits in:
 *
 *     a.transmits - b.transmits || b.length - a.length || b.id - a.id
 *
 * What was sent least goes first, so that news travels fast. Among equals the longest goes first, so that packets are filled
 * well, and then the newest. A sorted list is slow when thousands wait, therefore this queue has a bucket for each pair of
 * `transmits` and `length`, and looks only for the bucket:
 *
 *     tiers[0]  never sent    90 bytes: newest … oldest    40 bytes: newest … oldest
 *     tiers[1]  sent once     90 bytes: newest … oldest
 *     tiers[2]  sent twice    60 bytes: newest … oldest    40 bytes: newest … oldest
 *
 * Its tests compare it with a queue that sorts.
 *
 * @module
 */

import { messageLength } from "../../wire/messages/message_codec.ts";
import type { Message } from "../../wire/messages/messages.ts";

/** A message for all members. */
export interface Broadcast {
  readonly message: Message;
  /** A newer broadcast of the same name replaces this one. */
  readonly name?: string;
  /** Who waits until it has been sent as often as the limit says, or was replaced or pruned. */
  readonly waiter?: number;
}

/** A broadcast in its bucket. */
interface Queued {
  readonly broadcast: Broadcast;
  /** Bytes, with the type byte. */
  readonly length: number;
  /** In the order in which they were queued. */
  readonly id: number;
  /** How often it has been sent. */
  transmits: number;
  /** Its neighbours in the bucket. */
  newer: Queued | undefined;
  older: Queued | undefined;
}

/** Broadcasts of equal length that were sent equally often: a linked list in the order in which they were queued. */
class Bucket {
  /** Bytes of each broadcast. */
  readonly length: number;
  newest: Queued | undefined;
  oldest: Queued | undefined;

  constructor(length: number) {
    this.length = length;
  }

  get isEmpty(): boolean {
    return this.newest === undefined;
  }

  /**
   * Adds a broadcast at its place. That is at one of the ends or close to the newest: fresh broadcasts are the newest, and those
   * of a packet come newest first, so that each is older than the one before it.
   */
  add(item: Queued): void {
    let older = this.newest;
    if (this.oldest !== undefined && item.id < this.oldest.id) older = undefined;
    while (older !== undefined && older.id > item.id) older = older.older;
    const newer = older === undefined ? this.oldest : older.newer;
    item.older = older;
    item.newer = newer;
    if (older === undefined) this.oldest = item;
    else older.newer = item;
    if (newer === undefined) this.newest = item;
    else newer.older = item;
  }

  remove({ older, newer }: Queued): void {
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.newest = older;
    else newer.older = older;
  }

  /** The broadcasts, the oldest first. */
  *[Symbol.iterator](): Generator<Queued> {
    for (let item = this.oldest; item !== undefined; item = item.newer) yield item;
  }
}

/** A queue that sends each broadcast a limited number of times, and then drops it. */
export class BroadcastQueue {
  /** Buckets by how often their broadcasts were sent, the longest first; none is empty. */
  readonly #tiers: Bucket[][] = [];
  readonly #named = new Map<string, Queued>();
  readonly #retransmitLimit: () => number;
  readonly #finished: (waiter: number) => void;
  #length = 0;
  #bytes = 0;
  #lastId = 0;

  /**
   * `retransmitLimit` is asked at every take, because it grows with the cluster. `finished` is told once of each broadcast that
   * somebody waits for.
   */
  constructor(retransmitLimit: () => number, finished: (waiter: number) => void = () => {}) {
    this.#retransmitLimit = retransmitLimit;
    this.#finished = finished;
  }

  /** How many broadcasts wait. */
  get length(): number {
    return this.#length;
  }

  /** The bytes of all broadcasts that wait, counting `overhead` for each. */
  waitingBytes(overhead: number): number {
    return this.#bytes + overhead * this.#length;
  }

  /** Adds a broadcast, in place of one with the same name. */
  queue(broadcast: Broadcast): void {
    const { message, name } = broadcast;
    const replaced = name === undefined ? undefined : this.#named.get(name);
    if (replaced !== undefined) this.#remove(replaced);
    const item: Queued = {
      broadcast,
      length: messageLength(message),
      id: ++this.#lastId,
      transmits: 0,
      newer: undefined,
      older: undefined,
    };
    if (name !== undefined) this.#named.set(name, item);
    this.#add(item);
    if (replaced !== undefined) this.#tell(replaced);
  }

  /**
   * The messages for one packet: at most `limit` bytes, counting `overhead` for each. Each message that is returned counts
   * as sent once.
   */
  take(overhead: number, limit: number): Message[] {
    if (this.#length === 0) return [];
    const taken: Queued[] = [];
    let free = limit - overhead;
    for (const tier of this.#tiers) {
      for (let item = newestUpTo(tier, free); item !== undefined; item = newestUpTo(tier, free)) {
        this.#remove(item);
        taken.push(item);
        free -= item.length + overhead;
      }
    }
    // They are added again only now: a packet holds each message once.
    const retransmitLimit = this.#retransmitLimit();
    const done: Queued[] = [];
    for (const item of taken) {
      item.transmits++;
      if (item.transmits < retransmitLimit) this.#add(item);
      else done.push(item);
    }
    this.#finish(done);
    return taken.map((item) => item.broadcast.message);
  }

  /** Drops broadcasts from the end of the order until at most `max` remain. */
  prune(max: number): void {
    const dropped: Queued[] = [];
    for (const tier of this.#tiers.toReversed()) {
      while (tier.length > 0 && this.#length > max) {
        const last = tier[tier.length - 1].oldest as Queued;
        this.#remove(last);
        dropped.push(last);
      }
    }
    this.#finish(dropped);
  }

  #add(item: Queued): void {
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

  /** Ends broadcasts that have been removed. Their names go first, because a callback may queue something. */
  #finish(items: readonly Queued[]): void {
    for (const { broadcast: { name } } of items) if (name !== undefined) this.#named.delete(name);
    for (const item of items) this.#tell(item);
  }

  #tell({ broadcast: { waiter } }: Queued): void {
    if (waiter !== undefined) this.#finished(waiter);
  }

  /** See {@link SerfCore.save}. The order of the buckets follows from what is in them. */
  save() {
    const items = this.#tiers.flat().flatMap((bucket) => [...bucket]);
    return {
      items: items.map(({ broadcast, length, id, transmits }) => (
        { broadcast, length, id, transmits }
      )),
      lastId: this.#lastId,
    };
  }

  load({ items, lastId }: ReturnType<BroadcastQueue["save"]>): void {
    for (const saved of items) {
      const item = { ...saved, newer: undefined, older: undefined };
      const { name } = item.broadcast;
      if (name !== undefined) this.#named.set(name, item);
      this.#add(item);
    }
    this.#lastId = lastId;
  }
}

/** The first of a tier's broadcasts that are not longer than `length`. */
function newestUpTo(tier: readonly Bucket[], length: number): Queued | undefined {
  return tier[bucketIndex(tier, length)]?.newest;
}

/** The index of the first bucket of a tier whose broadcasts are not longer than `length`. */
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
