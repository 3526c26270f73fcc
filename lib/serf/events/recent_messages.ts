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

/** How a ring counts the memory that its items take. */
export interface MemoryBudget<T> {
  /** The most that all items may take, in bytes. */
  readonly bytes: number;
  readonly sizeOf: (item: T) => number;
}

/**
 * A ring of slots, each for one Lamport time. A time that falls on the slot of another one replaces it. If there is a memory
 * budget, the oldest times give way to newer ones, and what is older than they were is no news any more.
 */
export class RecentMessages<T> {
  readonly #size: number;
  readonly #equal: (a: T, b: T) => boolean;
  readonly #budget: MemoryBudget<T> | undefined;
  /** Only the slots in use: a quiet cluster uses none. */
  #slots = new Map<number, TimeSlot<T>>();
  #bytes = 0;
  /** The newest time that gave way for lack of memory. */
  #forgotten: LamportTime = -1;

  /** Creates a ring of `size` slots; `equal` tells whether two items are the same message. */
  constructor(size: number, equal: (a: T, b: T) => boolean, budget?: MemoryBudget<T>) {
    this.#size = size;
    this.#equal = equal;
    this.#budget = budget;
  }

  /** Whether a time is so long ago that its slot may have been replaced, when the clock shows `now`. */
  isTooOld(lTime: LamportTime, now: LamportTime): boolean {
    return isOlderThan(lTime, now, this.#size);
  }

  /** Adds an item. Returns false if it is known, or cannot be told from those that are. */
  add(lTime: LamportTime, item: T): boolean {
    if (lTime <= this.#forgotten) return false;
    const index = ringIndex(lTime, this.#size);
    const slot = this.#slots.get(index);
    const items = slot?.lTime === lTime ? slot.items : [];
    if (items.length >= MAX_ITEMS_PER_TIME || items.some((known) => this.#equal(known, item))) {
      return false;
    }
    if (this.#budget !== undefined) {
      if (slot !== undefined && slot.lTime !== lTime) this.#remove(index, slot);
      if (!this.#makeRoom(lTime, this.#budget.sizeOf(item))) return false;
    }
    this.#slots.set(index, { lTime, items: [...items, item] });
    return true;
  }

  /** The slots in use and their places in the ring. Slots are immutable. */
  slots(): IterableIterator<[number, TimeSlot<T>]> {
    return this.#slots.entries();
  }

  /** Counts an item of that time, and removes older times until it fits. Returns false if nothing older is left. */
  #makeRoom(lTime: LamportTime, bytes: number): boolean {
    const limit = this.#budget?.bytes ?? Infinity;
    while (this.#bytes + bytes > limit) {
      const [index, slot] = this.#oldest() ?? [];
      if (index === undefined || slot === undefined || slot.lTime >= lTime) return false;
      this.#remove(index, slot);
      this.#forgotten = slot.lTime;
    }
    this.#bytes += bytes;
    return true;
  }

  #oldest(): [number, TimeSlot<T>] | undefined {
    let oldest: [number, TimeSlot<T>] | undefined;
    for (const entry of this.#slots) {
      if (oldest === undefined || entry[1].lTime < oldest[1].lTime) oldest = entry;
    }
    return oldest;
  }

  #remove(index: number, { items }: TimeSlot<T>): void {
    this.#slots.delete(index);
    for (const item of items) this.#bytes -= this.#budget?.sizeOf(item) ?? 0;
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { slots: this.#slots, used: this.#bytes, forgotten: this.#forgotten };
  }

  load({ slots, used, forgotten }: ReturnType<RecentMessages<T>["save"]>): void {
    this.#slots = slots;
    this.#bytes = used;
    this.#forgotten = forgotten;
  }
}
