/**
 * Answers that are written together.
 *
 * @module
 */

/** So many bytes are not held back any longer. */
const MAX_BYTES = 65_536;

/** Collects answers to requests that have arrived together: the system call is what a short answer costs most. */
export class AnswerBatch {
  #answers: Uint8Array[] = [];
  #length = 0;

  /** Whether nothing is held. */
  get isEmpty(): boolean {
    return this.#answers.length === 0;
  }

  /** Whether what is held should be written without waiting for more. */
  get isFull(): boolean {
    return this.#length >= MAX_BYTES;
  }

  /** Adds one at the end. It must not be changed afterwards. */
  add(answer: Uint8Array): void {
    this.#answers.push(answer);
    this.#length += answer.length;
  }

  /** Everything that is held, which then is held no more. */
  take(): Uint8Array {
    const bytes = joined(this.#answers, this.#length);
    this.#answers = [];
    this.#length = 0;
    return bytes;
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0];
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
