/**
 * Sending what happens in the agent to a client that may be slow.
 *
 * @module
 */

import { Subscription } from "../../base/subscription.ts";

/** How many records wait for a slow client in each stream and monitor, as in the reference. */
const QUEUE_LENGTH = 512;

/** Between what a feed stands. */
export interface FeedOptions<T> {
  /** Makes values flow into the feed until the result is disposed of. May hand over some at once. */
  readonly attach: (sink: (value: T) => void) => Disposable;
  /** Sends one value; the next follows when that has succeeded. */
  readonly send: (value: T) => Promise<void>;
  /** A value was dropped because too many wait. */
  readonly onDrop: () => void;
  /** A value could not be sent; the feed has ended. */
  readonly onFailure: (error: unknown) => void;
}

/** A stream or monitor of one client: never blocks the agent, and never holds more than its queue. */
export class RecordFeed<T> implements Disposable {
  readonly #queue = new Subscription<T>({ capacity: QUEUE_LENGTH });
  readonly #source: Disposable;

  /** Begins at once. */
  constructor({ attach, send, onDrop, onFailure }: FeedOptions<T>) {
    this.#source = attach((value) => {
      if (!this.#queue.push(value)) onDrop();
    });
    this.#sendAll(send).catch((error) => {
      this[Symbol.dispose]();
      onFailure(error);
    });
  }

  /** Ends the feed, together with what still waits. */
  [Symbol.dispose](): void {
    this.#source[Symbol.dispose]();
    this.#queue[Symbol.dispose]();
  }

  async #sendAll(send: (value: T) => Promise<void>): Promise<void> {
    for await (const value of this.#queue) await send(value);
  }
}
