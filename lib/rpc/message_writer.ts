/**
 * Writing messages whole and in order.
 *
 * @module
 */

import { type ByteSink, writeAll } from "../base/write_all.ts";

/** Lets several producers write to one connection without mixing their messages. */
export class MessageWriter {
  readonly #sink: ByteSink;
  #last: Promise<void> = Promise.resolve();

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /**
   * Writes a message after those before it. Resolves when the system has taken all of it; a producer that waits for this
   * produces no faster than the other side reads. Once a write has failed, so do all that follow.
   */
  write(message: Uint8Array): Promise<void> {
    return this.#last = this.#last.then(() => writeAll(this.#sink, message));
  }
}
