/**
 * Reading MessagePack: both dialects of Serf, of which `writer.ts` tells more. Written by hand like that.
 *
 * @module
 */

import { decodeText } from "../../base/text.ts";
import { DecodeError } from "../../base/errors.ts";
import { endOfNils, ValueScanner } from "./value_scanner.ts";

/** Thrown by a {@link Reader} that needs bytes beyond its end. */
export class IncompleteError extends DecodeError {
  constructor() {
    super("Cannot decode MessagePack: input ends inside a value");
  }
}

/**
 * How many values the arrays and maps of one reader may announce together. An empty value takes one byte on the wire
 * and many in memory, so the size of the input is not enough of a limit. The largest states of real clusters stay far
 * below this one.
 */
const MAX_VALUES = 2 ** 21;

/** A key of a struct, and its bytes. */
export interface EncodedKey {
  readonly key: string;
  readonly encodedKey: Uint8Array;
}

/**
 * Reads MessagePack values from bytes, as tolerantly as Go's library does: integers of any width, signed or not; raw,
 * str8 and bin for text and bytes; nil for the zero value. A value of another kind is a {@link DecodeError}. Byte values
 * are views of the input.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  #offset: number;
  #announced = 0;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  /** Where the next value starts. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** Whether the next value is nil; if so it is consumed. */
  nil(): boolean {
    if (this.#peek() !== 0xc0) return false;
    this.#offset++;
    return true;
  }

  /** Consumes the values that are nil up to the next that is not, but at most so many; returns how many. */
  nils(most: number): number {
    const start = this.#offset;
    this.#offset = endOfNils(this.#bytes, start, start + most);
    return this.#offset - start;
  }

  /** A boolean. The integers 0 and 1 are accepted too, and nil is false. */
  bool(): boolean {
    const format = this.#byte();
    if (format === 0xc3 || format === 0x01) return true;
    if (format === 0xc2 || format === 0xc0 || format === 0x00) return false;
    throw unexpected("a boolean", format);
  }

  /** An integer from `min` to `max`, both inclusive; nil is 0. */
  int(min: number, max: number): number {
    const value = this.#integer();
    if (value < min || value > max) {
      throw new DecodeError(
        `Cannot decode MessagePack: integer ${value} is outside ${min} to ${max}`,
      );
    }
    return value;
  }

  /** An unsigned integer of `bits` bits; with 64, at most 2^53 - 1. */
  uint(bits: 8 | 16 | 32 | 64): number {
    return this.int(0, bits === 64 ? Number.MAX_SAFE_INTEGER : 2 ** bits - 1);
  }

  /** An unsigned integer of 64 bits: a `number` up to 2^53 - 1, a `bigint` beyond; nil is 0. */
  uint64(): number | bigint {
    const start = this.#offset;
    const value = this.#integer();
    if (value < 0) throw new DecodeError(`Cannot decode MessagePack: integer ${value} is below 0`);
    return value <= Number.MAX_SAFE_INTEGER ? value : this.#viewOf(start + 1).getBigUint64(0);
  }

  /** A float64 or float32; nil is 0. */
  float(): number {
    const format = this.#byte();
    if (format === 0xcb) return this.#viewOf(this.#take(8)).getFloat64(0);
    if (format === 0xca) return this.#viewOf(this.#take(4)).getFloat32(0);
    if (format === 0xc0) return 0;
    throw unexpected("a float", format);
  }

  /** Text, decoded by {@link decodeText}; nil is empty. */
  string(): string {
    const length = this.#rawLength("text");
    if (length === undefined) return "";
    const start = this.#take(length);
    return decodeText(this.#bytes, start, start + length);
  }

  /** Bytes as a view of the input, or `null` for nil. An array of integers up to 255 is accepted too. */
  binary(): Uint8Array | null {
    if (isArray(this.#peek())) {
      const length = this.array();
      return Uint8Array.from({ length }, () => this.uint(8));
    }
    const length = this.#rawLength("bytes");
    return length === undefined ? null : this.take(length);
  }

  /** The number of values in the array that starts here; nil is an empty array. */
  array(): number {
    const format = this.#byte();
    if ((format & 0xf0) === 0x90) return this.#announce(format & 0x0f, 1);
    if (format === 0xdc) return this.#announce(this.#unsigned(2), 1);
    if (format === 0xdd) return this.#announce(this.#unsigned(4), 1);
    if (format === 0xc0) return 0;
    throw unexpected("an array", format);
  }

  /** The number of entries in the map that starts here; nil is an empty map. */
  map(): number {
    const format = this.#byte();
    if ((format & 0xf0) === 0x80) return this.#announce(format & 0x0f, 2);
    if (format === 0xde) return this.#announce(this.#unsigned(2), 2);
    if (format === 0xdf) return this.#announce(this.#unsigned(4), 2);
    if (format === 0xc0) return 0;
    throw unexpected("a map", format);
  }

  /**
   * Reads a struct. `field` is called once for each entry, must read exactly its value, and returns false if it does
   * not know the key, in which case the value is skipped. A struct may also come as an array in the order of
   * `declared`, or as nil. Keys that come in the order of `usual` are compared and not decoded, which is faster.
   */
  struct(
    declared: readonly string[],
    field: (key: string) => boolean,
    usual: readonly EncodedKey[] = [],
  ): void {
    if (isArray(this.#peek())) {
      const length = this.array();
      for (let i = 0; i < length; i++) if (i >= declared.length || !field(declared[i])) this.skip();
      return;
    }
    const length = this.map();
    for (let i = 0, place = 0; i < length; i++) {
      const expected = usual[place++];
      const isUsual = expected !== undefined && this.#passes(expected.encodedKey);
      const key = isUsual ? expected.key : this.string();
      if (!isUsual) place = 1 + usual.findIndex((each) => each.key === key);
      if (!field(key)) this.skip();
    }
  }

  /** `length` bytes as they are. */
  take(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** All bytes that have not been read. */
  rest(): Uint8Array {
    return this.take(this.remaining);
  }

  /** Passes over one value of any kind. */
  skip(): void {
    const scanner = new ValueScanner(this.#offset);
    if (!scanner.scan(this.#bytes)) throw new IncompleteError();
    this.#offset = scanner.end;
  }

  /** Checks that the input can hold `length` entries of `valuesEach` values, before anything is allocated for them. */
  #announce(length: number, valuesEach: number): number {
    const values = length * valuesEach;
    if (values > this.remaining) throw new IncompleteError();
    this.#announced += values;
    if (this.#announced > MAX_VALUES) {
      throw new DecodeError(`Cannot decode MessagePack: more than ${MAX_VALUES} values`);
    }
    return length;
  }

  /** The length of the text or bytes that start here, `undefined` for nil. */
  #rawLength(expected: string): number | undefined {
    const format = this.#byte();
    if ((format & 0xe0) === 0xa0) return format & 0x1f;
    if (format === 0xda || format === 0xc5) return this.#unsigned(2);
    if (format === 0xd9 || format === 0xc4) return this.#unsigned(1);
    if (format === 0xdb || format === 0xc6) return this.#unsigned(4);
    if (format === 0xc0) return undefined;
    throw unexpected(expected, format);
  }

  /** Passes over these bytes, if they come next. */
  #passes(bytes: Uint8Array): boolean {
    for (let i = 0; i < bytes.length; i++) {
      if (this.#bytes[this.#offset + i] !== bytes[i]) return false;
    }
    this.#offset += bytes.length;
    return true;
  }

  #integer(): number {
    const format = this.#byte();
    if (format < 0x80) return format;
    if (format >= 0xe0) return format - 0x100;
    switch (format) {
      case 0xc0:
        return 0;
      case 0xcc:
        return this.#unsigned(1);
      case 0xcd:
        return this.#unsigned(2);
      case 0xce:
        return this.#unsigned(4);
      case 0xcf:
        return this.#uint64();
      case 0xd0:
        return this.#unsigned(1) << 24 >> 24;
      case 0xd1:
        return this.#unsigned(2) << 16 >> 16;
      case 0xd2:
        return this.#unsigned(4) | 0;
      case 0xd3:
        return this.#int64();
      default:
        throw unexpected("an integer", format);
    }
  }

  /** The nearest number; all numbers but the largest are exact, and need no `bigint`. */
  #uint64(): number {
    return this.#unsigned(4) * 2 ** 32 + this.#unsigned(4);
  }

  /** Like {@link #uint64}, with a sign. */
  #int64(): number {
    return (this.#unsigned(4) | 0) * 2 ** 32 + this.#unsigned(4);
  }

  /** An integer of `length` bytes. */
  #unsigned(length: number): number {
    let value = 0;
    for (let at = this.#take(length), left = length; left > 0; left--) {
      value = value * 256 + this.#bytes[at++];
    }
    return value;
  }

  /** A view of the bytes from there on. One for all would take small arrays out of V8's heap, which is slow. */
  #viewOf(start: number): DataView {
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + start);
  }

  #peek(): number {
    if (this.#offset >= this.#bytes.length) throw new IncompleteError();
    return this.#bytes[this.#offset];
  }

  #byte(): number {
    if (this.#offset >= this.#bytes.length) throw new IncompleteError();
    return this.#bytes[this.#offset++];
  }

  /** Claims `length` bytes and returns where they start. */
  #take(length: number): number {
    const start = this.#offset;
    if (length > this.#bytes.length - start) throw new IncompleteError();
    this.#offset = start + length;
    return start;
  }
}

function isArray(format: number): boolean {
  return (format & 0xf0) === 0x90 || format === 0xdc || format === 0xdd;
}

function unexpected(expected: string, format: number): DecodeError {
  return new DecodeError(
    `Cannot decode MessagePack: expected ${expected}, got format byte 0x${
      format.toString(16).padStart(2, "0")
    }`,
  );
}
