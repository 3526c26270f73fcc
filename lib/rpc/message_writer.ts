/**
 * Writing messages whole and in order.
 *
 * @module
 */

import { type ByteSink, writeAll } from "../base/write_all.ts";

/** Lets several producers write to one connection without mixing their messages. */
export class MessageWriter {
  readonly #sink: ByteSink;
  /** The last write, while it has not succeeded. */
  #last: Promise<void> | undefined;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /**
   * Writes a message after those before it, at once if there are none. Resolves when the system has taken all of it; a
   * producer that waits for this produces no faster than the other side reads. Once a write has failed, so do all that
   * follow.
   */
  write(message: Uint8Array): Promise<void> {
    const begin = () => writeAll(this.#sink, message);
    const write = (this.#last?.then(begin) ?? begin()).then(() => {
      if (this.#last === write) this.#last = undefined;
    });
    return this.#last = write;
  }
}
