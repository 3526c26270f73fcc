/**
 * Finds the end of a MessagePack value without decoding it.
 *
 * memberlist's streams announce no length, so the reader has to find out where a value ends while bytes still arrive.
 * The scanner keeps its place between calls and looks at every byte once, whatever the size of the chunks.
 *
 * @module
 */

import { DecodeError } from "../../base/errors.ts";

/** For the formats 0xc0 to 0xdf: how many bytes the length after the format byte has. */
const LENGTH_BYTES = [
  ...[0, 0, 0, 0], // nil, unused, false, true
  ...[1, 2, 4, 1, 2, 4], // bin, ext
  ...[0, 0], // floats
  ...[0, 0, 0, 0, 0, 0, 0, 0], // integers
  ...[0, 0, 0, 0, 0], // fixext
  ...[1, 2, 4], // str
  ...[2, 4, 2, 4], // array, map
];

/** For the same formats: how many bytes follow in addition to those that the length counts. */
const FIXED_BYTES = [
  ...[0, 0, 0, 0],
  ...[0, 0, 0, 1, 1, 1],
  ...[4, 8],
  ...[1, 2, 4, 8, 1, 2, 4, 8],
  ...[2, 3, 5, 9, 17],
  ...[0, 0, 0],
  ...[0, 0, 0, 0],
];

/**
 * Where the first byte from `start` on is that is not nil, but at most `end`. Most of what nodes that join tell each other are
 * the empty places of their event buffers: one by one these are enough for V8 to optimise whatever reads them.
 */
export function endOfNils(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === 0xc0) at++;
  return at;
}

/** Finds the end of one value that starts at a given offset. */
export class ValueScanner {
  #end: number;
  /** Values whose format byte has not been seen yet. */
  #pending = 1;

  constructor(start = 0) {
    this.#end = start;
  }

  /**
   * The offset where the value ends, once {@link scan} has returned true. Before that it is a lower bound, so that a
   * value that is too large can be refused before its bytes arrive.
   */
  get end(): number {
    return this.#end + this.#pending;
  }

  /**
   * Scans further in `bytes`, which must start with the bytes of the calls before, and returns whether those before `end` hold
   * the whole value. Throws a {@link DecodeError} for 0xc1, the only unused format byte.
   */
  scan(bytes: Uint8Array, end = bytes.length): boolean {
    while (this.#pending > 0) {
      if (this.#end >= end) return false;
      const format = bytes[this.#end];
      if (format === 0xc0) this.#passNils(bytes, end);
      else if (!this.#step(format, bytes, end)) return false;
    }
    return this.#end <= end;
  }

  #passNils(bytes: Uint8Array, limit: number): void {
    const end = endOfNils(bytes, this.#end, Math.min(limit, this.#end + this.#pending));
    this.#pending -= end - this.#end;
    this.#end = end;
  }

  /** Skips one format byte and its body; returns false if its length is not complete yet. */
  #step(format: number, bytes: Uint8Array, end: number): boolean {
    if (format === 0xc1) {
      throw new DecodeError("Cannot decode MessagePack: got the unused format byte 0xc1");
    }
    if (format < 0x80 || format >= 0xe0) return this.#pass(1, 0);
    if (format < 0x90) return this.#pass(1, 2 * (format & 0x0f));
    if (format < 0xa0) return this.#pass(1, format & 0x0f);
    if (format < 0xc0) return this.#pass(1 + (format & 0x1f), 0);
    const lengthBytes = LENGTH_BYTES[format - 0xc0];
    const body = this.#end + 1 + lengthBytes;
    if (body > end) return false;
    let length = 0;
    for (let i = this.#end + 1; i < body; i++) length = length * 256 + bytes[i];
    if (format >= 0xdc) return this.#pass(1 + lengthBytes, format >= 0xde ? 2 * length : length);
    return this.#pass(1 + lengthBytes + FIXED_BYTES[format - 0xc0] + length, 0);
  }

  #pass(size: number, values: number): true {
    this.#end += size;
    this.#pending += values - 1;
    return true;
  }
}
