/**
 * A hash of everything that happened in a run, which shows whether two runs were equal.
 *
 * @module
 */

/**
 * Two 32-bit FNV-style hashes over a sequence of numbers. Runs that took the same steps at the same times have the same
 * digest, and any difference shows with overwhelming probability.
 */
export class TraceDigest {
  #low = 0x811c9dc5;
  #high = 0x1b873593;
  readonly #float = new Float64Array(1);
  readonly #words = new Uint32Array(this.#float.buffer);

  /** Adds a number, all 64 bits of it. */
  time(value: number): void {
    this.#float[0] = value;
    this.word(this.#words[0]);
    this.word(this.#words[1]);
  }

  /** Adds an integer of 32 bits. */
  word(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#high = Math.imul(this.#high ^ value, 0x85ebca6b) ^ (this.#high >>> 15);
  }

  /** Adds a text. */
  text(value: string): void {
    for (let i = 0; i < value.length; i++) this.word(value.charCodeAt(i));
  }

  /** The first of the two hashes over all that was added so far. */
  get low(): number {
    return this.#low;
  }

  /** 16 hex digits over all that was added so far. */
  toString(): string {
    return hex(this.#low) + hex(this.#high);
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
