/**
 * A bounded queue between a producer that never waits and a consumer that may be slow.
 *
 * @module
 */

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(reason: Error): void;
}

/** Settings of a {@link Subscription}. */
export interface SubscriptionOptions {
  /** How many values may be queued; further ones are dropped. Default 1024. */
  readonly capacity?: number;
  /** Called once, when the subscription closes from either side. */
  readonly onClose?: () => void;
  /** Ends the subscription with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * A bounded queue of values that is read with `for await`. Values are queued from its creation on, not only from the
 * first read. If the reader falls behind and the queue is full, new values are dropped, and {@link dropped} counts them.
 *
 * Leaving a `for await` loop closes the subscription, and so does disposing of it.
 */
export class Subscription<T> implements AsyncIterable<T>, Disposable, AsyncDisposable {
  readonly #capacity: number;
  readonly #onClose?: () => void;
  readonly #signal?: AbortSignal;
  readonly #abort = () => this.close(this.#signal?.reason);
  readonly #values: T[] = [];
  readonly #waiters: Waiter<T>[] = [];
  #dropped = 0;
  #closed = false;
  #reason?: Error;

  /** An empty, open subscription. Throws a `RangeError` for a capacity of 0, and the reason of an aborted signal. */
  constructor(options: SubscriptionOptions = {}) {
    this.#capacity = options.capacity ?? 1024;
    this.#onClose = options.onClose;
    this.#signal = options.signal;
    if (!(this.#capacity >= 1)) {
      throw new RangeError(`Cannot use capacity: got ${this.#capacity}, expected 1 or more`);
    }
    this.#signal?.throwIfAborted();
    this.#signal?.addEventListener("abort", this.#abort);
  }

  /** How many values were dropped because the queue was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How many values are queued. */
  get size(): number {
    return this.#values.length;
  }

  /** Whether the subscription has ended; values may still be queued. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Delivers a value to a waiting reader, or queues it. Returns `false` if it was dropped. */
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
   * Ends the subscription. Queued values can still be read; then the reader sees the end or, if there is a `reason`, one
   * exception and then the end. Closing again has no effect.
   */
  close(reason?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reason = reason;
    this.#signal?.removeEventListener("abort", this.#abort);
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

  /** For `for await`; leaving the loop closes the subscription. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => this.next(),
      return: () => {
        this[Symbol.dispose]();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  /** Closes, and discards what is queued. */
  [Symbol.dispose](): void {
    this.close();
    this.#values.length = 0;
  }

  /** Closes, and discards what is queued. */
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
