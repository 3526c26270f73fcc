/**
 * Bytes that arrive in chunks and are taken in other pieces.
 *
 * @module
 */

/** A first-in, first-out buffer of bytes. However they are cut, each is copied a bounded number of times. */
export class ByteQueue {
  #buffer: Uint8Array = new Uint8Array();
  #start = 0;
  #end = 0;

  /** A queue of bytes that are all there. They are not copied. */
  static of(bytes: Uint8Array): ByteQueue {
    const queue = new ByteQueue();
    queue.#buffer = bytes;
    queue.#end = bytes.length;
    return queue;
  }

  /** All bytes that wait, as a view that is valid until the next call of {@link append}. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** How many bytes wait. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Adds a copy of a chunk at the end. */
  append(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Removes `length` bytes, at most as many as wait, from the front. A view, valid like {@link bytes}. */
  take(length: number): Uint8Array {
    const taken = this.bytes.subarray(0, length);
    this.#start += taken.length;
    return taken;
  }

  /** Moves what waits to the front of the buffer, which at least doubles unless half of it was free. */
  #makeRoom(size: number): void {
    const needed = this.length + size;
    const waiting = this.bytes;
    if (2 * needed > this.#buffer.length) this.#buffer = new Uint8Array(2 * needed);
    this.#buffer.set(waiting);
    this.#end = waiting.length;
    this.#start = 0;
  }
}
