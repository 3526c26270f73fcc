/**
 * Values by name, in little memory.
 *
 * @module
 */

/** Share of the index that may be in use; beyond it, searches grow long. */
const MAX_LOAD = 0.75;
const FIRST_CAPACITY = 8;

/** How a {@link NameTable} is made. */
export interface NameTableOptions<T> {
  /** The name of a value, which never changes. */
  readonly nameOf: (value: T) => string;
  /** Gives a number in [0, 1), once: strangers who could guess it could choose names that collide. */
  readonly random: () => number;
}

/**
 * A hash table for values that know their names. They lie side by side, in the order in which they were added unless
 * somebody changes it, and an index of numbers leads to them by linear probing. A `Map` takes nearly twice the memory,
 * all of it to be looked through by the garbage collector: it matters where thousands of nodes in one process know
 * thousands of others each.
 */
export class NameTable<T> {
  readonly #nameOf: (value: T) => string;
  readonly #random: () => number;
  #seed: number | undefined;
  readonly #values: T[] = [];
  /**
   * Pairs, at the place that a name's hash leads to or the first free one after it: the hash, which saves looking at
   * values in vain, and the position of the value, plus one; 0 where there is none.
   */
  #index = new Uint32Array(2 * FIRST_CAPACITY);

  constructor({ nameOf, random }: NameTableOptions<T>) {
    this.#nameOf = nameOf;
    this.#random = random;
  }

  /** How many values there are. */
  get size(): number {
    return this.#values.length;
  }

  /** The value of a name. */
  get(name: string): T | undefined {
    const entry = this.#index[this.#find(name, this.#hash(name)) + 1];
    return entry === 0 ? undefined : this.#values[entry - 1];
  }

  /** The value at a position, counted from 0. */
  at(position: number): T | undefined {
    return this.#values[position];
  }

  /** All values by position. */
  values(): IterableIterator<T> {
    return this.#values.values();
  }

  /** Puts a value in the place of that with the same name, which is returned, or adds it at the last position. */
  set(value: T): T | undefined {
    const name = this.#nameOf(value);
    const hash = this.#hash(name);
    const place = this.#find(name, hash);
    const entry = this.#index[place + 1];
    if (entry !== 0) {
      const replaced = this.#values[entry - 1];
      this.#values[entry - 1] = value;
      return replaced;
    }
    this.#index[place] = hash;
    this.#index[place + 1] = this.#values.push(value);
    if (2 * this.#values.length > MAX_LOAD * this.#index.length) this.#grow();
    return undefined;
  }

  /** Lets the values at two positions change places. */
  swap(a: number, b: number): void {
    const values = this.#values;
    const placeOfA = this.#placeOf(values[a]);
    const placeOfB = this.#placeOf(values[b]);
    [values[a], values[b]] = [values[b], values[a]];
    this.#index[placeOfA + 1] = b + 1;
    this.#index[placeOfB + 1] = a + 1;
  }

  /** Removes the value of a name, if there is one. The last value takes its position. */
  delete(name: string): void {
    const place = this.#find(name, this.#hash(name));
    const entry = this.#index[place + 1];
    if (entry === 0) return;
    this.swap(entry - 1, this.size - 1);
    this.#values.pop();
    this.#vacate(place);
  }

  #placeOf(value: T): number {
    const name = this.#nameOf(value);
    return this.#find(name, this.#hash(name));
  }

  /** Where the index has a name, or would have it. */
  #find(name: string, hash: number): number {
    const index = this.#index;
    const end = index.length;
    for (let place = home(hash, end);; place = next(place, end)) {
      const entry = index[place + 1];
      if (entry === 0) return place;
      if (index[place] === hash && this.#nameOf(this.#values[entry - 1]) === name) return place;
    }
  }

  /** Empties a place, and moves up those behind it that would not be found across the gap. */
  #vacate(gap: number): void {
    const index = this.#index;
    const end = index.length;
    for (let place = next(gap, end); index[place + 1] !== 0; place = next(place, end)) {
      const distance = (place - home(index[place], end)) & (end - 1);
      if (distance < ((place - gap) & (end - 1))) continue;
      index.copyWithin(gap, place, place + 2);
      gap = place;
    }
    index[gap + 1] = 0;
  }

  #grow(): void {
    const smaller = this.#index;
    const index = new Uint32Array(2 * smaller.length);
    const end = index.length;
    for (let from = 0; from < smaller.length; from += 2) {
      if (smaller[from + 1] === 0) continue;
      let place = home(smaller[from], end);
      while (index[place + 1] !== 0) place = next(place, end);
      index[place] = smaller[from];
      index[place + 1] = smaller[from + 1];
    }
    this.#index = index;
  }

  /** 32 bits, by the steps of MurmurHash3's finaliser, one character at a time. */
  #hash(name: string): number {
    let hash = this.#seed ??= Math.floor(this.#random() * 2 ** 32) | 0;
    for (let i = 0; i < name.length; i++) {
      hash = Math.imul(hash ^ name.charCodeAt(i), 0x85ebca6b);
      hash ^= hash >>> 13;
    }
    hash = Math.imul(hash, 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }
}

/** The place in an index of that length, a power of two, where the search for a hash begins. */
function home(hash: number, length: number): number {
  return (2 * hash) & (length - 1);
}

/** The place to look at next. */
function next(place: number, length: number): number {
  return (place + 2) & (length - 1);
}
