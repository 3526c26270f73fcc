/**
 * Sending messages whole and in order.
 *
 * @module
 */

/** Where bytes go, for instance a connection: takes a part of them and says how many. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Lets several producers write to one connection without mixing their messages. */
export class MessageWriter {
  readonly #sink: ByteSink;
  #last: Promise<void> = Promise.resolve();

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /**
   * Writes a message after those before it. Resolves when the system has taken all of it, which is how a producer learns
   * that the other side does not keep up. Once a write has failed, so do all that follow.
   */
  write(message: Uint8Array): Promise<void> {
    return this.#last = this.#last.then(() => this.#writeAll(message));
  }

  async #writeAll(message: Uint8Array): Promise<void> {
    for (let sent = 0; sent < message.length;) {
      sent += await this.#sink.write(message.subarray(sent));
    }
  }
}
