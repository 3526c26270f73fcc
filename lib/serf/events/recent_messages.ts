/**
 * The recent messages of a kind by their Lamport time, to recognise those that arrive again: Serf's event buffer and
 * query buffer.
 *
 * @module
 */

import type { LamportTime } from "../../base/lamport_time.ts";
import { isOlderThan, ringIndex } from "../lamport.ts";

/** The messages of one Lamport time, in order of arrival. */
export interface TimeSlot<T> {
  readonly lTime: LamportTime;
  readonly items: readonly T[];
}

/**
 * How many messages of one Lamport time are kept; more are refused. Messages sent at the same moment share a time. Serf
 * sets no bound, but a flood with a single time could then take all memory. The number is not tuned; it is that of a
 * full broadcast queue.
 */
const MAX_ITEMS_PER_TIME = 4_096;

/** A ring of slots, each for one Lamport time. A time that falls on the slot of another one replaces it. */
export class RecentMessages<T> {
  readonly #size: number;
  readonly #equal: (a: T, b: T) => boolean;
  /** Only the slots in use: a quiet cluster uses none. */
  readonly #slots = new Map<number, TimeSlot<T>>();

  /** Creates a ring of `size` slots; `equal` tells whether two items are the same message. */
  constructor(size: number, equal: (a: T, b: T) => boolean) {
    this.#size = size;
    this.#equal = equal;
  }

  /** Whether a time is so long ago that its slot may have been replaced, when the clock shows `now`. */
  isTooOld(lTime: LamportTime, now: LamportTime): boolean {
    return isOlderThan(lTime, now, this.#size);
  }

  /** Adds an item. Returns false if it is known. */
  add(lTime: LamportTime, item: T): boolean {
    const index = ringIndex(lTime, this.#size);
    const slot = this.#slots.get(index);
    if (slot?.lTime !== lTime) {
      this.#slots.set(index, { lTime, items: [item] });
      return true;
    }
    if (
      slot.items.length >= MAX_ITEMS_PER_TIME ||
      slot.items.some((known) => this.#equal(known, item))
    ) {
      return false;
    }
    this.#slots.set(index, { lTime, items: [...slot.items, item] });
    return true;
  }

  /** The slots in use and their places in the ring. Slots are immutable. */
  slots(): IterableIterator<[number, TimeSlot<T>]> {
    return this.#slots.entries();
  }
}
