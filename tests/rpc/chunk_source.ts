/** A byte source that hands over prepared chunks, one a read, and counts what was asked of it. */

export class ChunkSource {
  readonly #chunks: Iterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();
  /** Bytes handed over so far. */
  delivered = 0;

  constructor(chunks: Iterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.iterator]();
  }

  read(buffer: Uint8Array): Promise<number | null> {
    if (this.#rest.length === 0) {
      const { value, done } = this.#chunks.next();
      if (done) return Promise.resolve(null);
      this.#rest = value;
    }
    const taken = this.#rest.subarray(0, buffer.length);
    buffer.set(taken);
    this.#rest = this.#rest.subarray(taken.length);
    this.delivered += taken.length;
    return Promise.resolve(taken.length);
  }
}

/** Cuts bytes into pieces of a size. */
export function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) {
    yield bytes.subarray(start, start + size);
  }
}
