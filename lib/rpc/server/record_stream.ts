/**
 * The records of one stream or monitor, on their way to a client that may be slow: a bounded queue that drops what is
 * new when it is full, as Serf's event and log streams do.
 *
 * @module
 */

import { Subscription } from "../../base/subscription.ts";

/** How many records wait for a slow client; Serf's `ipc.go` has the same number for its channels. */
const QUEUE_LENGTH = 512;

/** Where a stream's values come from, and where they go. */
interface RecordStreamOptions<T> {
  /** Subscribes to the values, until the result is disposed of. May call `listener` before it returns. */
  readonly subscribe: (listener: (value: T) => void) => Disposable;
  /** Sends one value; the next one is sent when this has resolved. */
  readonly send: (value: T) => Promise<void>;
  /** Called for each value that is dropped because the queue is full. */
  readonly onDrop: () => void;
  /** Called when a value could not be sent, which has ended the stream. */
  readonly onFailure: (error: unknown) => void;
}

/** Passes values on, one at a time and in order. Never blocks the agent, and never holds more than its queue. */
export class RecordStream<T> implements Disposable {
  readonly #queue = new Subscription<T>({ capacity: QUEUE_LENGTH });
  readonly #subscription: Disposable;

  /** Begins at once. */
  constructor({ subscribe, send, onDrop, onFailure }: RecordStreamOptions<T>) {
    this.#subscription = subscribe((value) => {
      if (!this.#queue.push(value)) onDrop();
    });
    this.#sendAll(send).catch((error) => {
      this[Symbol.dispose]();
      onFailure(error);
    });
  }

  /** Ends the stream, and forgets what still waits. */
  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    this.#queue[Symbol.dispose]();
  }

  async #sendAll(send: (value: T) => Promise<void>): Promise<void> {
    for await (const value of this.#queue) await send(value);
  }
}
