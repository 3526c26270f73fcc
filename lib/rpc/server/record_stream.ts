/**
 * The records of one stream or monitor, on their way to a client that may be slow: a bounded queue that drops what is
 * new when it is full, as Serf's event and log streams do.
 *
 * @module
 */

import { ResponseBatch } from "./response_writer.ts";

/** How many records wait for a slow client; Serf's `ipc.go` has the same number for its channels. */
const QUEUE_LENGTH = 512;

/** Where a stream's values come from, and where they go. */
interface RecordStreamOptions<T> {
  /** Subscribes to the values, until the result is disposed of. May call `listener` before it returns. */
  readonly subscribe: (listener: (value: T) => void) => Disposable;
  /** Makes a record of a value, when it is about to be written. */
  readonly encode: (value: T) => Uint8Array;
  /** Writes records; the next ones are written when this has resolved. */
  readonly write: (records: Uint8Array) => Promise<void>;
  /** Called for each value that is dropped because the queue is full. */
  readonly onDrop: () => void;
  /** Called when a value could not be sent, which has ended the stream. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Passes values on in order: those of one turn of the event loop, and those that came during a write, with one write. Never
 * blocks the agent.
 */
export class RecordStream<T> implements Disposable {
  readonly #options: RecordStreamOptions<T>;
  readonly #batch = new ResponseBatch();
  readonly #subscription: Disposable;
  #waiting: T[] = [];
  /** Whether what waits is going to be written. */
  #isSending = false;
  #isWriting = false;

  /** Begins at once. */
  constructor(options: RecordStreamOptions<T>) {
    this.#options = options;
    this.#subscription = options.subscribe((value) => this.#queue(value));
  }

  /** Ends the stream, and forgets what still waits. */
  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    this.#waiting = [];
  }

  /** Moves the records that wait to a batch that is written next, unless earlier ones are being written. */
  moveTo(batch: ResponseBatch): void {
    if (this.#waiting.length > 0 && !this.#isWriting) batch.add(this.#nextRecords());
  }

  #queue(value: T): void {
    if (this.#waiting.length >= QUEUE_LENGTH) return this.#options.onDrop();
    this.#waiting.push(value);
    if (this.#isSending) return;
    this.#isSending = true;
    queueMicrotask(() => this.#sendAll());
  }

  async #sendAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        this.#isWriting = true;
        await this.#options.write(this.#nextRecords());
        this.#isWriting = false;
      }
    } catch (error) {
      this[Symbol.dispose]();
      this.#options.onFailure(error);
    }
    this.#isSending = false;
  }

  #nextRecords(): Uint8Array {
    let taken = 0;
    while (taken < this.#waiting.length && !this.#batch.isFull) {
      this.#batch.add(this.#options.encode(this.#waiting[taken++]));
    }
    this.#waiting = this.#waiting.slice(taken);
    return this.#batch.take();
  }
}
