/**
 * A priority queue of timers.
 *
 * @module
 */

const ARITY = 4;

/**
 * A 4-ary min-heap of timers, ordered by time and, for equal times, by insertion, so that a simulation is repeatable.
 * The keys are in typed arrays and nothing is allocated per entry, because a simulation has millions of timers.
 */
export class TimerHeap<T> {
  #times = new Float64Array(64);
  #orders = new Float64Array(64);
  readonly #timers: (T | undefined)[] = [];
  #size = 0;
  #pushed = 0;

  /** How many timers are waiting. */
  get size(): number {
    return this.#size;
  }

  /** Adds a timer that is due at `at`, in any unit that is the same for all timers. */
  push(at: number, timer: T): void {
    if (this.#size === this.#times.length) this.#grow();
    const times = this.#times;
    const orders = this.#orders;
    const timers = this.#timers;
    // Of equal times the new entry comes last, so it moves up only past strictly later ones.
    let hole = this.#size++;
    while (hole > 0) {
      const parent = ((hole - 1) / ARITY) | 0;
      if (times[parent] <= at) break;
      times[hole] = times[parent];
      orders[hole] = orders[parent];
      timers[hole] = timers[parent];
      hole = parent;
    }
    times[hole] = at;
    orders[hole] = this.#pushed++;
    timers[hole] = timer;
  }

  /** When the first timer is due; `undefined` when there is none. */
  peekTime(): number | undefined {
    return this.#size === 0 ? undefined : this.#times[0];
  }

  /** The first timer; `undefined` when there is none. */
  peek(): T | undefined {
    return this.#timers[0];
  }

  /** Removes and returns the first timer; `undefined` when there is none. */
  pop(): T | undefined {
    if (this.#size === 0) return undefined;
    const first = this.#timers[0];
    const last = --this.#size;
    const timer = this.#timers[last];
    this.#timers[last] = undefined;
    if (last > 0) this.#settle(this.#times[last], this.#orders[last], timer);
    return first;
  }

  /** Inserts an entry from the root downwards: sifts the hole at the root down to its place. */
  #settle(at: number, order: number, timer: T | undefined): void {
    const times = this.#times;
    const orders = this.#orders;
    const timers = this.#timers;
    const size = this.#size;
    let hole = 0;
    for (;;) {
      let least = hole * ARITY + 1;
      if (least >= size) break;
      const end = Math.min(least + ARITY, size);
      for (let child = least + 1; child < end; child++) {
        if (
          times[child] < times[least] ||
          (times[child] === times[least] && orders[child] < orders[least])
        ) least = child;
      }
      if (at < times[least] || (at === times[least] && order < orders[least])) break;
      times[hole] = times[least];
      orders[hole] = orders[least];
      timers[hole] = timers[least];
      hole = least;
    }
    times[hole] = at;
    orders[hole] = order;
    timers[hole] = timer;
  }

  #grow(): void {
    this.#times = doubled(this.#times);
    this.#orders = doubled(this.#orders);
  }
}

function doubled(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
