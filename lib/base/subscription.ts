/**
 * What a producer that must not wait hands to a consumer that may be slow.
 *
 * @module
 */

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(reason: Error): void;
}

/** Settings of a {@link Subscription}. */
export interface SubscriptionOptions {
  /** How many values may wait for their reader; further ones are dropped. Default 1024. */
  readonly capacity?: number;
  /** Called once, when the subscription closes from either side. */
  readonly onClose?: () => void;
}

/**
 * A bounded queue of values that is read with `for await`. It is eager: values are kept from the moment it exists, not
 * from the first read. A reader that falls behind loses the newest values, and {@link dropped} says how many.
 *
 * Leaving a `for await` loop closes the subscription, and so does disposing of it.
 */
export class Subscription<T> implements AsyncIterable<T>, Disposable, AsyncDisposable {
  readonly #capacity: number;
  readonly #onClose?: () => void;
  readonly #values: T[] = [];
  readonly #waiters: Waiter<T>[] = [];
  #dropped = 0;
  #closed = false;
  #reason?: Error;

  /** An empty, open subscription. */
  constructor(options: SubscriptionOptions = {}) {
    this.#capacity = options.capacity ?? 1024;
    this.#onClose = options.onClose;
    if (!(this.#capacity >= 1)) {
      throw new RangeError(
        `Cannot create subscription: expected a capacity of at least 1, got ${this.#capacity}`,
      );
    }
  }

  /** How many values were lost because the buffer was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How many values wait to be read. */
  get size(): number {
    return this.#values.length;
  }

  /** Whether no more values will arrive; some may still wait to be read. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Delivers a value, at once if a reader waits for it. Returns whether it was taken. */
  push(value: T): boolean {
    if (this.#closed) return false;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve({ done: false, value });
      return true;
    }
    if (this.#values.length >= this.#capacity) {
      this.#dropped++;
      return false;
    }
    this.#values.push(value);
    return true;
  }

  /**
   * Ends the subscription. What is buffered can still be read; after that readers see the end, or, once, `reason` as
   * an exception. Closing again has no effect.
   */
  close(reason?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reason = reason;
    for (const waiter of this.#waiters.splice(0)) this.#end(waiter);
    this.#onClose?.();
  }

  /** The next value; waits for it if there is none yet. */
  next(): Promise<IteratorResult<T, undefined>> {
    const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<T, undefined>>();
    if (this.#values.length > 0) resolve({ done: false, value: this.#values.shift() as T });
    else if (this.#closed) this.#end({ resolve, reject });
    else this.#waiters.push({ resolve, reject });
    return promise;
  }

  /** Reads by `for await`; leaving the loop closes the subscription. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => this.next(),
      return: () => {
        this[Symbol.dispose]();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  /** Closes, and forgets what was not read. */
  [Symbol.dispose](): void {
    this.close();
    this.#values.length = 0;
  }

  /** Closes, and forgets what was not read. */
  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    return Promise.resolve();
  }

  #end(waiter: Waiter<T>): void {
    const reason = this.#reason;
    this.#reason = undefined;
    if (reason === undefined) waiter.resolve({ done: true, value: undefined });
    else waiter.reject(reason);
  }
}
