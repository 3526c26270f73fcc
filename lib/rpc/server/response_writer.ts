/**
 * Writing to one client. Requests that arrive together are answered with one write: for a short response, the system
 * call is the larger part of its cost.
 *
 * @module
 */

import type { ByteSink } from "../../base/write_all.ts";
import { osErrorText } from "../../go/os_error.ts";
import { Writer } from "../../wire/msgpack/writer.ts";
import type { Command, ResponseBody } from "../commands.ts";
import { MessageWriter } from "../message_writer.ts";
import { type ResponseHeader, writeResponse } from "../protocol.ts";

/** The most that is held back: a longer write saves nothing, and the client waits for it. */
const MAX_BATCH_BYTES = 65_536;

/** A buffer for more than this is not kept for the next batch: there may be thousands of connections. */
const MAX_KEPT_BYTES = 16_384;

/** Responses that are going to be written together. */
export class ResponseBatch {
  #writer = new Writer("bin");

  get isEmpty(): boolean {
    return this.#writer.length === 0;
  }

  /** Whether it should be written without waiting for more. */
  get isFull(): boolean {
    return this.#writer.length >= MAX_BATCH_BYTES;
  }

  /** Adds an encoded response or record at the end. */
  add(response: Uint8Array): void {
    this.#writer.append(response);
  }

  /** Adds a response, unless it cannot be encoded. */
  addResponse<C extends Command>(
    header: ResponseHeader,
    command: C,
    body: ResponseBody<C>,
  ): void {
    const { length } = this.#writer;
    try {
      writeResponse(this.#writer, header, command, body);
    } catch (error) {
      this.#writer.fillTo(length);
      throw error;
    }
  }

  /** Returns all responses in one piece, and empties the batch. */
  take(): Uint8Array {
    const responses = this.#writer.bytes();
    if (responses.length > MAX_KEPT_BYTES) this.#writer = new Writer("bin");
    else this.#writer.clear();
    return responses;
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
