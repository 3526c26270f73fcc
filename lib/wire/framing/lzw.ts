/**
 * LZW, memberlist's compression, as Go's `compress/lzw` does it with the least significant bits first and literals of 8
 * bits: codes of 9 to 12 bits, of which 256 clears the table and 257 ends the data. The encoder's output is bit for bit
 * that of Go.
 *
 * @module
 */

import { DecodeError } from "../../base/errors.ts";

const CLEAR = 256;
const END = 257;
const MIN_WIDTH = 9;
const MAX_WIDTH = 12;
const MAX_CODE = (1 << MAX_WIDTH) - 1;

/**
 * The encoder's table, an open hash of 32-bit entries: 12 bits of prefix code and 8 of the byte after it, then the 12 of
 * the code that stands for both. No entry is 0, which marks a free place. One table serves all calls, because no call
 * is interrupted by another and allocating 64 KiB each time would take longer than compressing a small packet. To empty
 * them would take from the processor's caches what it needs next, so that small inputs use a part of the table.
 */
const places = new Uint32Array(1 << 14);

/**
 * How many bytes are compressed or decompressed in one call. V8 runs a function optimised from its next call on, not in the
 * middle of a loop that goes through a megabyte.
 */
const RUN_BYTES = 1_024;

/** Compresses. The result has at least 3 bytes, and is larger than the input where nothing repeats. */
export function lzwEncode(bytes: Uint8Array): Uint8Array {
  const encoder = new LzwEncoder(bytes.length);
  if (bytes.length === 0) return encoder.finish();
  let prefix = bytes[0];
  for (let start = 1; start < bytes.length; start += RUN_BYTES) {
    prefix = encoder.encode(bytes.subarray(start, start + RUN_BYTES), prefix);
  }
  return encoder.finish(prefix);
}

/**
 * Finds strings in the table, and packs their codes into bytes, as wide as the growing table needs. That is one loop, because
 * most packets are compressed by code that is not optimised yet, in which calls are dear.
 */
class LzwEncoder {
  readonly #table: Uint32Array;
  readonly #bytes: Uint8Array;
  #length = 0;
  #bits = 0;
  #bitCount = 0;
  #width = MIN_WIDTH;
  /** The newest code in the table. */
  #newest = END;

  constructor(inputLength: number) {
    // Of an input each byte makes an entry at most; for twice as many there is room, up to the largest table.
    this.#table = places.subarray(0, 2 ** (33 - Math.clz32(inputLength))).fill(0);
    // Each input byte makes at most one code of 12 bits; clearing a full table adds one to thousands.
    this.#bytes = new Uint8Array(8 + Math.ceil(1.501 * inputLength));
    this.#write(CLEAR);
  }

  /** Compresses what follows a prefix; returns the prefix of what comes next. */
  encode(input: Uint8Array, prefix: number): number {
    const table = this.#table;
    const bytes = this.#bytes;
    const lastPlace = table.length - 1;
    let length = this.#length;
    let bits = this.#bits;
    let bitCount = this.#bitCount;
    let width = this.#width;
    let newest = this.#newest;
    for (let i = 0; i < input.length; i++) {
      const key = prefix << 8 | input[i];
      // Where the entry with this key is, or would be.
      let place = (key >>> 12 ^ key) & lastPlace;
      let entry = table[place];
      while (entry !== 0 && entry >>> MAX_WIDTH !== key) {
        place = place + 1 & lastPlace;
        entry = table[place];
      }
      if (entry !== 0) {
        prefix = entry & MAX_CODE;
        continue;
      }
      bits |= prefix << bitCount;
      bitCount += width;
      prefix = input[i];
      if (++newest < MAX_CODE) {
        table[place] = key << MAX_WIDTH | newest;
        if (newest === 1 << width) width++;
      } else {
        // The table is full. There is room for one more code in the 32 bits.
        bits |= CLEAR << bitCount;
        bitCount += width;
        table.fill(0);
        newest = END;
        width = MIN_WIDTH;
      }
      while (bitCount >= 8) {
        bytes[length++] = bits;
        bits >>>= 8;
        bitCount -= 8;
      }
    }
    this.#length = length;
    this.#bits = bits;
    this.#bitCount = bitCount;
    this.#width = width;
    this.#newest = newest;
    return prefix;
  }

  /** Writes the last prefix, which there is unless the input is empty, and ends. Returns all of the output. */
  finish(prefix?: number): Uint8Array {
    if (prefix !== undefined) {
      this.#write(prefix);
      // As if another code were made of it.
      if (++this.#newest === MAX_CODE) {
        this.#write(CLEAR);
        this.#width = MIN_WIDTH;
      } else if (this.#newest === 1 << this.#width) {
        this.#width++;
      }
    }
    this.#write(END);
    if (this.#bitCount > 0) this.#bytes[this.#length++] = this.#bits;
    return this.#bytes.subarray(0, this.#length);
  }

  #write(code: number): void {
    this.#bits |= code << this.#bitCount;
    this.#bitCount += this.#width;
    while (this.#bitCount >= 8) {
      this.#bytes[this.#length++] = this.#bits;
      this.#bits >>>= 8;
      this.#bitCount -= 8;
    }
  }
}

/**
 * Decompresses up to the end code; bytes after it are ignored. Throws a {@link DecodeError} for an impossible code, for
 * data without an end, and as soon as the output would exceed `maxLength` bytes.
 */
export function lzwDecode(bytes: Uint8Array, maxLength: number): Uint8Array {
  const decoder = new LzwDecoder(bytes, { maxLength, strings });
  decoder.decode(Infinity);
  return decoder.output;
}

/**
 * The decoder's table: where in the output the string of each code starts, and how long it is. A new string is always
 * the previous one and the byte after it, which already stand side by side in the output.
 */
class StringTable {
  readonly starts = new Uint32Array(MAX_CODE + 1);
  readonly lengths = new Uint32Array(MAX_CODE + 1);
}

/** The table of all decoders that are not interrupted. */
const strings = new StringTable();

/**
 * Decompresses as {@link lzwDecode} does, in steps. Reading codes and writing what they stand for is one loop, because
 * most states are decompressed by code that is not optimised yet, in which calls are dear.
 */
export class LzwDecoder {
  readonly #bytes: Uint8Array;
  readonly #maxLength: number;
  readonly #strings: StringTable;
  #offset = 0;
  /** Bits that were read but belong to the next code. */
  #bits = 0;
  #bitCount = 0;
  /** The code that the next string gets, and how wide codes are. */
  #newest = END;
  #width = MIN_WIDTH;
  /** 0 right after a clear, and once the table is full: no string is added then. */
  #previousLength = 0;
  #output: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** `strings` is for those that decode all at once. */
  constructor(
    bytes: Uint8Array,
    { maxLength, strings = new StringTable() }: {
      readonly maxLength: number;
      readonly strings?: StringTable;
    },
  ) {
    this.#bytes = bytes;
    this.#maxLength = maxLength;
    this.#strings = strings;
    this.#output = new Uint8Array(Math.min(maxLength, 4 * bytes.length));
  }

  /** What is decompressed so far. */
  get output(): Uint8Array<ArrayBuffer> {
    return this.#output.subarray(0, this.#length);
  }

  /**
   * Decompresses `count` bytes or up to 4 KiB more, where a clear counts as a byte. Returns whether the end was reached.
   * Throws a {@link DecodeError} as {@link lzwDecode} does.
   */
  decode(count: number): boolean {
    for (let left = count; left > 0;) {
      const made = this.#run(Math.min(left, RUN_BYTES));
      if (made === undefined) return true;
      left -= made;
    }
    return false;
  }

  /** The same; returns how many bytes that were, `undefined` at the end. */
  #run(count: number): number | undefined {
    const { starts, lengths } = this.#strings;
    const bytes = this.#bytes;
    let output = this.#output;
    let offset = this.#offset;
    let bits = this.#bits;
    let bitCount = this.#bitCount;
    let newest = this.#newest;
    let width = this.#width;
    let previousLength = this.#previousLength;
    let end = this.#length;
    let made = 0;
    while (made < count) {
      while (bitCount < width) {
        if (offset === bytes.length) throw new DecodeError("unexpected EOF");
        bits |= bytes[offset++] << bitCount;
        bitCount += 8;
      }
      const code = bits & (1 << width) - 1;
      bits >>>= width;
      bitCount -= width;
      if (code === CLEAR) {
        newest = END;
        width = MIN_WIDTH;
        previousLength = 0;
        made++;
        continue;
      }
      if (code === END) {
        this.#length = end;
        return undefined;
      }
      if (code > newest) throw new DecodeError("lzw: invalid code");
      if (previousLength > 0) {
        // The string is added before the code is looked up, because the code may already stand for it.
        starts[newest] = end - previousLength;
        lengths[newest] = previousLength + 1;
      }
      previousLength = code < CLEAR ? 1 : lengths[code];
      if (end + previousLength > output.length) output = this.#grow(end + previousLength);
      if (code < CLEAR) {
        output[end++] = code;
      } else {
        // Byte by byte, because source and target may overlap.
        for (let from = starts[code], left = previousLength; left > 0; left--) {
          output[end++] = output[from++];
        }
      }
      made += previousLength;
      if (newest === MAX_CODE) previousLength = 0;
      else if (++newest === 1 << width) width++;
    }
    this.#offset = offset;
    this.#bits = bits;
    this.#bitCount = bitCount;
    this.#newest = newest;
    this.#width = width;
    this.#previousLength = previousLength;
    this.#length = end;
    return made;
  }

  /** Makes room for that many bytes at least. The old buffer is free at once: it is large, and garbage would stay for long. */
  #grow(needed: number): Uint8Array<ArrayBuffer> {
    const maxLength = this.#maxLength;
    if (needed > maxLength) {
      throw new DecodeError(`decompressed message is larger than limit (${maxLength})`);
    }
    const size = Math.min(maxLength, Math.max(needed, 2 * this.#output.length));
    return this.#output = new Uint8Array(this.#output.buffer.transfer(size));
  }
}
