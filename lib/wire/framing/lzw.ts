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
 * is interrupted by another and allocating 64 KiB each time would take longer than compressing a small packet.
 */
const table = new Uint32Array(1 << 14);

/** Compresses. The result has at least 3 bytes, and is larger than the input where nothing repeats. */
export function lzwEncode(bytes: Uint8Array): Uint8Array {
  const codes = new CodeWriter(bytes.length);
  codes.write(CLEAR);
  if (bytes.length > 0) {
    table.fill(0);
    let prefix = bytes[0];
    for (let i = 1; i < bytes.length; i++) {
      const key = prefix << 8 | bytes[i];
      const place = find(key);
      if (table[place] !== 0) {
        prefix = table[place] & MAX_CODE;
        continue;
      }
      codes.write(prefix);
      prefix = bytes[i];
      if (codes.grow()) table[place] = key << MAX_WIDTH | codes.newest;
      else table.fill(0);
    }
    codes.write(prefix);
    codes.grow();
  }
  codes.write(END);
  return codes.finish();
}

/** Where the entry with this key is, or would be. */
function find(key: number): number {
  let place = (key >>> 12 ^ key) & table.length - 1;
  while (table[place] !== 0 && table[place] >>> MAX_WIDTH !== key) {
    place = place + 1 & table.length - 1;
  }
  return place;
}

/** Packs codes into bytes, as wide as the growing table needs. */
class CodeWriter {
  /** The newest code in the table. */
  newest = END;
  readonly #bytes: Uint8Array;
  #length = 0;
  #width = MIN_WIDTH;
  #bits = 0;
  #bitCount = 0;

  constructor(inputLength: number) {
    // Each input byte makes at most one code of 12 bits; clearing a full table adds one to thousands.
    this.#bytes = new Uint8Array(8 + Math.ceil(1.501 * inputLength));
  }

  write(code: number): void {
    this.#bits |= code << this.#bitCount;
    this.#bitCount += this.#width;
    while (this.#bitCount >= 8) {
      this.#bytes[this.#length++] = this.#bits;
      this.#bits >>>= 8;
      this.#bitCount -= 8;
    }
  }

  /** Makes room for a new code. Returns false if the table was full: it has been cleared instead. */
  grow(): boolean {
    this.newest++;
    if (this.newest === MAX_CODE) {
      this.write(CLEAR);
      this.newest = END;
      this.#width = MIN_WIDTH;
      return false;
    }
    if (this.newest === 1 << this.#width) this.#width++;
    return true;
  }

  finish(): Uint8Array {
    if (this.#bitCount > 0) this.#bytes[this.#length++] = this.#bits;
    return this.#bytes.subarray(0, this.#length);
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

/** Decompresses as {@link lzwDecode} does, in steps. */
export class LzwDecoder {
  readonly #strings: StringTable;
  readonly #codes: CodeReader;
  readonly #output: Output;
  /** 0 right after a clear, and once the table is full: no string is added then. */
  #previousLength = 0;

  /** `strings` is for those that decode all at once. */
  constructor(
    bytes: Uint8Array,
    { maxLength, strings = new StringTable() }: {
      readonly maxLength: number;
      readonly strings?: StringTable;
    },
  ) {
    this.#strings = strings;
    this.#codes = new CodeReader(bytes);
    this.#output = new Output(maxLength, 4 * bytes.length);
  }

  /** What is decompressed so far. */
  get output(): Uint8Array {
    return this.#output.bytes();
  }

  /**
   * Decompresses `count` bytes or up to 4 KiB more, where a clear counts as a byte. Returns whether the end was reached.
   * Throws a {@link DecodeError} as {@link lzwDecode} does.
   */
  decode(count: number): boolean {
    const codes = this.#codes;
    const output = this.#output;
    const { starts, lengths } = this.#strings;
    let previousLength = this.#previousLength;
    for (let left = count; left > 0;) {
      const code = codes.read();
      if (code === END) return true;
      if (code === CLEAR) {
        codes.clear();
        previousLength = 0;
        left--;
        continue;
      }
      if (code > codes.newest) throw new DecodeError("lzw: invalid code");
      if (previousLength > 0) {
        // The string is added before the code is looked up, because the code may already stand for it.
        starts[codes.newest] = output.length - previousLength;
        lengths[codes.newest] = previousLength + 1;
      }
      previousLength = code < CLEAR
        ? output.literal(code)
        : output.repeat(starts[code], lengths[code]);
      left -= previousLength;
      if (!codes.grow()) previousLength = 0;
    }
    this.#previousLength = previousLength;
    return false;
  }
}

/** Unpacks codes from bytes, as wide as the growing table needs. */
class CodeReader {
  /** The code that the next string gets. */
  newest = END;
  readonly #bytes: Uint8Array;
  #offset = 0;
  #width = MIN_WIDTH;
  #bits = 0;
  #bitCount = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(): number {
    while (this.#bitCount < this.#width) {
      if (this.#offset === this.#bytes.length) throw new DecodeError("unexpected EOF");
      this.#bits |= this.#bytes[this.#offset++] << this.#bitCount;
      this.#bitCount += 8;
    }
    const code = this.#bits & (1 << this.#width) - 1;
    this.#bits >>>= this.#width;
    this.#bitCount -= this.#width;
    return code;
  }

  clear(): void {
    this.newest = END;
    this.#width = MIN_WIDTH;
  }

  /** Makes room for a new code; returns false if the table is full. */
  grow(): boolean {
    if (this.newest === MAX_CODE) return false;
    this.newest++;
    if (this.newest === 1 << this.#width) this.#width++;
    return true;
  }
}

/** Bounded, growing output that can repeat parts of itself. */
class Output {
  length = 0;
  readonly #maxLength: number;
  #bytes: Uint8Array;

  constructor(maxLength: number, expectedLength: number) {
    this.#maxLength = maxLength;
    this.#bytes = new Uint8Array(Math.min(maxLength, expectedLength));
  }

  literal(byte: number): number {
    this.#reserve(1);
    this.#bytes[this.length++] = byte;
    return 1;
  }

  /** Appends a copy of what stands at `start`, byte by byte, because source and target may overlap. */
  repeat(start: number, length: number): number {
    this.#reserve(length);
    const bytes = this.#bytes;
    let end = this.length;
    for (let i = start; i < start + length; i++) bytes[end++] = bytes[i];
    this.length = end;
    return length;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  #reserve(size: number): void {
    const needed = this.length + size;
    if (needed <= this.#bytes.length) return;
    if (needed > this.#maxLength) {
      throw new DecodeError(`decompressed message is larger than limit (${this.#maxLength})`);
    }
    const grown = new Uint8Array(Math.min(this.#maxLength, Math.max(needed, 2 * this.length)));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }
}
