/**
 * Writing to one client. Requests that arrive together are answered with one write: for a short response, the system
 * call is the larger part of its cost.
 *
 * @module
 */

import { joinBytes } from "../../base/bytes.ts";
import type { ByteSink } from "../../base/write_all.ts";
import { osErrorText } from "../../go/os_error.ts";
import { MessageWriter } from "../message_writer.ts";

/** The most that is held back: a longer write saves nothing, and the client waits for it. */
const MAX_BATCH_BYTES = 65_536;

/** Responses that are going to be written together. */
export class ResponseBatch {
  #responses: Uint8Array[] = [];
  #length = 0;

  get isEmpty(): boolean {
    return this.#responses.length === 0;
  }

  /** Whether it should be written without waiting for more. */
  get isFull(): boolean {
    return this.#length >= MAX_BATCH_BYTES;
  }

  /** Adds a response at the end. It must not be changed afterwards. */
  add(response: Uint8Array): void {
    this.#responses.push(response);
    this.#length += response.length;
  }

  /** Returns all responses in one piece, and empties the batch. */
  take(): Uint8Array {
    const responses = this.#responses;
    this.#responses = [];
    this.#length = 0;
    return responses.length === 1 ? responses[0] : joinBytes(...responses);
  }
}

/** Writes responses in batches, and records as they come. Once a write has failed, so do all that follow. */
export class ResponseWriter {
  /** The responses that the next {@link flush} writes. */
  readonly batch = new ResponseBatch();
  /** Adds to a batch that is about to be written the records that wait: a write of their own would wait for its end. */
  addRecords: () => void = () => {};
  readonly #writer: MessageWriter;

  constructor(connection: ByteSink) {
    this.#writer = new MessageWriter(connection);
  }

  /** Writes the batch. */
  async flush(): Promise<void> {
    if (this.batch.isEmpty) return;
    this.addRecords();
    await this.write(this.batch.take());
  }

  /** Writes a record, ahead of the batch. */
  async write(message: Uint8Array): Promise<void> {
    try {
      await this.#writer.write(message);
    } catch (cause) {
      throw new Error(`write: ${osErrorText(cause)}`, { cause });
    }
  }
}
