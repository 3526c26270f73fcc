/**
 * Writing the two MessagePack dialects of Serf. Agents speak the old specification among themselves: text and bytes are both
 * "raw", and neither str8 nor bin exists. RPC speaks the current one.
 *
 * Both are written by hand because no kept library can emit the old dialect or keep raw values as bytes.
 *
 * @module
 */

import { encodeText } from "../../base/text.ts";

/** `"raw"`, between agents, encodes text and bytes alike; `"bin"`, for RPC, encodes text as str and bytes as bin. */
export type Dialect = "raw" | "bin";

/** Appends MessagePack values to a growing buffer. */
export class Writer {
  readonly #dialect: Dialect;
  #buffer: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(dialect: Dialect = "raw", capacity = 256) {
    this.#dialect = dialect;
    this.#buffer = new Uint8Array(capacity);
    this.#view = new DataView(this.#buffer.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Starts again with nothing written. */
  clear(): this {
    this.#length = 0;
    return this;
  }

  /** A copy of what was written. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(0, this.#length);
  }

  /** A single byte, for instance a message type. */
  byte(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  /** Bytes as they are, without a length. */
  append(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /**
   * Makes room for `size` bytes, for what is written without a call for each value: the buffer, to be filled from `length` on.
   * What was filled counts after {@link fillTo}.
   */
  room(size: number): Uint8Array {
    this.#reserve(size);
    return this.#buffer;
  }

  /** The end of what has been filled of the {@link room}. */
  fillTo(length: number): this {
    this.#length = length;
    return this;
  }

  /** Nil. */
  nil(): this {
    return this.byte(0xc0);
  }

  /** So many times nil. */
  nils(times: number): this {
    this.#reserve(times);
    this.#buffer.fill(0xc0, this.#length, this.#length += times);
    return this;
  }

  /** A boolean. */
  bool(value: boolean): this {
    return this.byte(value ? 0xc3 : 0xc2);
  }

  /** An integer in its smallest form; positive ones take the unsigned forms. Must be a safe integer. */
  int(value: number): this {
    if (!Number.isSafeInteger(value)) {
      throw new RangeError(`Cannot encode ${value}: expected a safe integer`);
    }
    if (value >= 0) {
      if (value < 0x80) return this.byte(value);
      if (value < 0x100) return this.#head8(0xcc, value);
      if (value < 0x10000) return this.#head16(0xcd, value);
      if (value < 0x100000000) return this.#head32(0xce, value);
      return this.#head64(0xcf, value);
    }
    if (value >= -0x20) return this.byte(value & 0xff);
    if (value >= -0x80) return this.#head8(0xd0, value & 0xff);
    if (value >= -0x8000) return this.#head16(0xd1, value & 0xffff);
    if (value >= -0x80000000) return this.#head32(0xd2, value >>> 0);
    return this.#head64(0xd3, value);
  }

  /** An unsigned integer of up to 64 bits, in its smallest form. */
  uint64(value: number | bigint): this {
    if (typeof value === "number") return this.int(value);
    if (BigInt.asUintN(64, value) !== value) {
      throw new RangeError(`Cannot encode ${value}: expected 0 to 2^64 - 1`);
    }
    if (value <= Number.MAX_SAFE_INTEGER) return this.int(Number(value));
    this.#reserve(9);
    this.#buffer[this.#length] = 0xcf;
    this.#view.setBigUint64(this.#length + 1, value);
    this.#length += 9;
    return this;
  }

  /** Always eight bytes, as Go writes a float64. */
  float(value: number): this {
    this.#reserve(9);
    this.#buffer[this.#length] = 0xcb;
    this.#view.setFloat64(this.#length + 1, value);
    this.#length += 9;
    return this;
  }

  /** Text, encoded by {@link encodeText}. */
  string(value: string): this {
    // Names and keys are nearly always short ASCII, which is faster to write without an encoder.
    const size = value.length;
    if (size < 32) {
      this.#reserve(1 + size);
      const start = this.#length + 1;
      let i = 0;
      for (; i < size; i++) {
        const code = value.charCodeAt(i);
        if (code >= 0x80) break;
        this.#buffer[start + i] = code;
      }
      if (i === size) {
        this.#buffer[this.#length] = 0xa0 | size;
        this.#length = start + size;
        return this;
      }
    }
    const bytes = encodeText(value);
    return this.#stringHead(bytes.length).append(bytes);
  }

  /** Bytes, or nil for `null`. */
  binary(value: Uint8Array | null): this {
    if (value === null) return this.nil();
    if (this.#dialect === "raw") return this.#stringHead(value.length).append(value);
    if (value.length < 0x100) this.#head8(0xc4, value.length);
    else if (value.length < 0x10000) this.#head16(0xc5, value.length);
    else this.#head32(0xc6, value.length);
    return this.append(value);
  }

  /** Starts an array of `length` values. */
  array(length: number): this {
    if (length < 16) return this.byte(0x90 | length);
    return length < 0x10000 ? this.#head16(0xdc, length) : this.#head32(0xdd, length);
  }

  /** Starts a map of `length` entries, each a key and a value. */
  map(length: number): this {
    if (length < 16) return this.byte(0x80 | length);
    return length < 0x10000 ? this.#head16(0xde, length) : this.#head32(0xdf, length);
  }

  #stringHead(length: number): this {
    if (length < 32) return this.byte(0xa0 | length);
    if (this.#dialect === "bin" && length < 0x100) return this.#head8(0xd9, length);
    return length < 0x10000 ? this.#head16(0xda, length) : this.#head32(0xdb, length);
  }

  #head8(format: number, value: number): this {
    return this.byte(format).byte(value);
  }

  #head16(format: number, value: number): this {
    this.#reserve(3);
    this.#buffer[this.#length] = format;
    this.#view.setUint16(this.#length + 1, value);
    this.#length += 3;
    return this;
  }

  #head32(format: number, value: number): this {
    this.#reserve(5);
    this.#buffer[this.#length] = format;
    this.#view.setUint32(this.#length + 1, value);
    this.#length += 5;
    return this;
  }

  /** Writes a safe integer of either sign in two halves, which needs no `bigint`. */
  #head64(format: number, value: number): this {
    this.#reserve(9);
    this.#buffer[this.#length] = format;
    this.#view.setInt32(this.#length + 1, Math.floor(value / 2 ** 32));
    this.#view.setUint32(this.#length + 5, value >>> 0);
    this.#length += 9;
    return this;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }
}
