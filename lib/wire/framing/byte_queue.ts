/**
 * A queue of bytes: they are appended in chunks of one size and taken out in pieces of another.
 *
 * @module
 */

/** A first-in, first-out buffer. Each byte is copied a bounded number of times, whatever the size of the chunks. */
export class ByteQueue {
  #buffer: Uint8Array = new Uint8Array();
  #start = 0;
  #end = 0;

  /** A queue that holds exactly these bytes, without copying them. */
  static of(bytes: Uint8Array): ByteQueue {
    const queue = new ByteQueue();
    queue.#buffer = bytes;
    queue.#end = bytes.length;
    return queue;
  }

  /** All bytes in the queue, as a view that is valid until the next call of {@link append}. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** How many bytes are in the queue. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Adds a copy of a chunk at the end. */
  append(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Takes `length` bytes from the front, or as many as there are. A view, valid as long as {@link bytes}. */
  take(length: number): Uint8Array {
    const taken = this.bytes.subarray(0, length);
    this.#start += taken.length;
    return taken;
  }

  /** Moves the contents to the front of the buffer, or of one twice as large if more than half of it is in use. */
  #makeRoom(size: number): void {
    const needed = this.length + size;
    const waiting = this.bytes;
    if (2 * needed > this.#buffer.length) this.#buffer = new Uint8Array(2 * needed);
    this.#buffer.set(waiting);
    this.#end = waiting.length;
    this.#start = 0;
  }
}
