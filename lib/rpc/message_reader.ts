/**
 * Cutting a byte stream into MessagePack values.
 *
 * @module
 */

import { DecodeError } from "../base/errors.ts";
import { ValueScanner } from "../wire/msgpack/value_scanner.ts";

/** Where bytes come from, for instance a connection: fills a part of the buffer, `null` at the end. */
export interface ByteSource {
  read(buffer: Uint8Array): Promise<number | null>;
}

/** The size that the buffer begins with: there may be thousands of connections on which little is ever said. */
const FIRST_BUFFER_BYTES = 1_024;
/** The size that the buffer grows to when more arrives than it holds. Only a longer value makes it larger. */
const BUFFER_BYTES = 16_384;

/** Reads one value after another from a byte stream, each of at most a given size. */
export class MessageReader {
  readonly #source: ByteSource;
  /** The largest value that is accepted from now on. */
  maxBytes: number;
  #buffer = new Uint8Array(FIRST_BUFFER_BYTES);
  /** Bytes that were received and not yet read are in `#buffer` from `#start` to `#end`. */
  #start = 0;
  #end = 0;

  constructor(source: ByteSource, options: { readonly maxBytes: number }) {
    this.#source = source;
    this.maxBytes = options.maxBytes;
  }

  /**
   * The bytes of the next value, valid until something is read again; `null` when the stream ends before it. Rejects with a
   * `DecodeError` if the stream ends inside the value, if the bytes are not MessagePack, or as soon as a length in them exceeds
   * the limit; the reader cannot be used after that. Rejects as the source does.
   */
  async read(): Promise<Uint8Array | null> {
    const scanner = new ValueScanner();
    while (!this.#completes(scanner)) {
      if (!await this.#receive()) {
        if (this.#start === this.#end) return null;
        throw new DecodeError("unexpected EOF");
      }
    }
    return this.#take(scanner.end);
  }

  /** The same if all of the value has been received already, `undefined` if not. */
  readReceived(): Uint8Array | undefined {
    if (this.#start === this.#end) return undefined;
    const scanner = new ValueScanner(this.#start);
    const complete = scanner.scan(this.#buffer, this.#end);
    this.#checkLength(scanner.end - this.#start);
    return complete ? this.#take(scanner.end - this.#start) : undefined;
  }

  #completes(scanner: ValueScanner): boolean {
    const complete = scanner.scan(this.#unread());
    this.#checkLength(scanner.end);
    return complete;
  }

  #checkLength(length: number): void {
    if (length > this.maxBytes) throw new DecodeError(`value of more than ${this.maxBytes} bytes`);
  }

  #take(length: number): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#start += length);
  }

  #unread(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Receives more bytes; returns false if the stream has ended. */
  async #receive(): Promise<boolean> {
    if (this.#start === this.#end || this.#end === this.#buffer.length) this.#makeRoom();
    const count = await this.#source.read(this.#buffer.subarray(this.#end));
    this.#end += count ?? 0;
    return count !== null;
  }

  /** Moves the unread bytes to the start of a buffer with room for more; a buffer that is far too large is replaced. */
  #makeRoom(): void {
    const unread = this.#unread();
    const { length } = this.#buffer;
    const usual = Math.min(this.#end === length ? 2 * length : length, BUFFER_BYTES);
    const size = Math.max(usual, Math.min(2 * unread.length, this.maxBytes), unread.length + 1);
    const buffer = size === this.#buffer.length ? this.#buffer : new Uint8Array(size);
    buffer.set(unread);
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = unread.length;
  }
}
