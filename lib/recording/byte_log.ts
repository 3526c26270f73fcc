/**
 * The bytes of a recording: numbers of variable length, floats, and byte strings.
 *
 * @module
 */

/** Appends values to a buffer that grows. */
export class ByteWriter {
  #bytes = new Uint8Array(4_096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** How many bytes have been written. */
  get length(): number {
    return this.#length;
  }

  /** A copy of what was written; the writer is empty then. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return bytes;
  }

  /** Takes back all but so many bytes. */
  cut(length: number): void {
    this.#length = length;
  }

  /** A byte. */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** A whole number from 0 to 2^53 - 1, seven bits in a byte, the lowest first. */
  varint(value: number): void {
    this.#reserve(8);
    while (value >= 0x80) {
      this.#bytes[this.#length++] = value % 0x80 | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#bytes[this.#length++] = value;
  }

  /** A number, all 64 bits of it. */
  float(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  /** Bytes with their length before them. */
  blob(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** Reads what a {@link ByteWriter} wrote. Throws a `RangeError` where the bytes end too early. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** See {@link ByteWriter.byte}. */
  byte(): number {
    return this.#bytes[this.#take(1)];
  }

  /** See {@link ByteWriter.varint}. */
  varint(): number {
    let value = 0;
    for (let factor = 1;; factor *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  /** See {@link ByteWriter.float}. */
  float(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  /** See {@link ByteWriter.blob}. A view of the input. */
  blob(): Uint8Array {
    const length = this.varint();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  #take(size: number): number {
    const start = this.#offset;
    if (size > this.remaining) {
      throw new RangeError(`Cannot read ${size} bytes: got ${this.remaining}`);
    }
    this.#offset = start + size;
    return start;
  }
}
