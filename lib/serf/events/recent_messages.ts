/**
 * Recognises messages that were seen before, by their Lamport time.
 *
 * @module
 */

/** What was seen at one Lamport time, in order of arrival. */
export interface TimeSlot<T> {
  readonly lTime: number;
  readonly items: readonly T[];
}

/**
 * Items remembered per Lamport time. Concurrent messages of a cluster share a time, but no cluster has this many at
 * once; what is beyond it is refused, or else a flood with a single time could take all memory.
 */
const ITEMS_PER_TIME = 4_096;

/** A ring of slots, each for one Lamport time: a newer time that falls on a slot replaces what it held. */
export class RecentMessages<T> {
  readonly #size: number;
  readonly #equal: (a: T, b: T) => boolean;
  /** Only the slots in use, since most nodes of a quiet cluster use none. */
  readonly #slots = new Map<number, TimeSlot<T>>();

  /** A ring of `size` slots, for items that are the same when `equal` says so. */
  constructor(size: number, equal: (a: T, b: T) => boolean) {
    this.#size = size;
    this.#equal = equal;
  }

  /** Whether a message of that time can no longer be told from a repeated one, given the clock's `now`. */
  isTooOld(lTime: number, now: number): boolean {
    return now > this.#size && lTime < now - this.#size;
  }

  /** Remembers an item; returns false if it is already known. */
  add(lTime: number, item: T): boolean {
    const index = lTime % this.#size;
    const slot = this.#slots.get(index);
    if (slot?.lTime !== lTime) {
      this.#slots.set(index, { lTime, items: [item] });
      return true;
    }
    if (
      slot.items.length >= ITEMS_PER_TIME || slot.items.some((known) => this.#equal(known, item))
    ) {
      return false;
    }
    this.#slots.set(index, { lTime, items: [...slot.items, item] });
    return true;
  }

  /** The slots that are in use, by their place in the ring. Slots are immutable. */
  slots(): IterableIterator<[number, TimeSlot<T>]> {
    return this.#slots.entries();
  }
}
