/**
 * One connection of a client, shared by any number of requests, streams and queries at once. A number (`Seq`) in each
 * request comes back in the header of its response and of its records, and tells them apart.
 *
 * @module
 */

import { checkOptions } from "../../api/arguments.ts";
import { type CallOptions, OPTION_NAMES } from "../../api/options.ts";
import { DecodeError, RpcError, TimeoutError } from "../../base/errors.ts";
import type { Subscription, SubscriptionOptions } from "../../base/subscription.ts";
import { Reader } from "../../wire/msgpack/reader.ts";
import { MessageReader } from "../message_reader.ts";
import { MessageWriter } from "../message_writer.ts";
import type { Command, RequestBody, ResponseBody } from "../commands.ts";
import type { Connection } from "../connection.ts";
import {
  decodeResponse,
  decodeResponseHeader,
  encodeRequest,
  responseHasBody,
  type ResponseHeader,
} from "../protocol.ts";
import { AnswerDeadline } from "./answer_deadline.ts";
import { WriteDeadline } from "./write_deadline.ts";

/** The response of an agent. */
export interface Answer<C extends Command> {
  /** Empty on success. */
  readonly error: string;
  /** `null` if the response has none: the command has none, or the agent refused it before looking at it. */
  readonly body: ResponseBody<C> | null;
}

/** The commands whose response is followed by records. */
export type RecordCommand = "stream" | "monitor" | "query";

/** How records are received. */
export interface OpenOptions<T, Records extends Subscription<T>> {
  /** Decodes a record; `undefined` means that it was the last one. */
  readonly decode: (reader: Reader) => T | undefined;
  /** Makes the subscription. */
  readonly subscribe: (options: SubscriptionOptions) => Records;
  /** How many records are kept for a slow reader. */
  readonly capacity?: number;
  /** Ends the subscription, also later on. */
  readonly signal?: AbortSignal;
}

interface PendingCall {
  readonly command: Command;
  settle(error: string, body: Uint8Array | null): void;
  fail(error: Error): void;
}

interface RecordSink {
  receive(record: Uint8Array): void;
  end(error?: Error): void;
}

/** The largest header or body an agent may send: a list of the largest clusters there are takes a few megabytes. */
const MAX_RESPONSE_BYTES = 256 * 1024 * 1024;

/** How long things may take. */
export interface ChannelOptions {
  /** A write that takes longer ends the channel. */
  readonly writeTimeoutMs: number;
  /** A call whose answer takes longer fails. Default: as {@link AnswerDeadline} has it. */
  readonly answerTimeoutMs?: number;
}

/** Numbers and sends requests, and passes responses and records on by their numbers. */
export class RpcChannel implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #reader: MessageReader;
  readonly #writer: MessageWriter;
  readonly #writeDeadline: WriteDeadline;
  readonly #answerDeadline: AnswerDeadline;
  readonly #calls = new Map<bigint, PendingCall>();
  readonly #sinks = new Map<bigint, RecordSink>();
  readonly #receiving: Promise<void>;
  #lastSeq = 0n;
  #ended = false;

  /** `connection` now belongs to the channel. */
  constructor(connection: Connection, options: ChannelOptions) {
    this.#connection = connection;
    this.#reader = new MessageReader(connection, { maxBytes: MAX_RESPONSE_BYTES });
    this.#writer = new MessageWriter(connection);
    this.#writeDeadline = new WriteDeadline({
      timeoutMs: options.writeTimeoutMs,
      onTimeout: () => this.#end(new TimeoutError("write: i/o timeout")),
    });
    this.#answerDeadline = new AnswerDeadline(options.answerTimeoutMs);
    this.#receiving = this.#receive();
  }

  /** Whether the connection has ended. */
  get closed(): boolean {
    return this.#ended;
  }

  /**
   * Sends a request and waits for the response. Rejects with an {@link RpcError} that says `client closed` if the
   * connection ends before, and with one such as `no answer within 10 s`; and with the signal's reason. A later response
   * is then ignored.
   */
  call<C extends Command>(
    command: C,
    body: RequestBody<C>,
    signal?: AbortSignal,
  ): Promise<Answer<C>> {
    return this.#call(++this.#lastSeq, command, body, signal);
  }

  /** The same for a request that the agent should not refuse: rejects with its text if it does. */
  async ask<C extends Command>(
    command: C,
    body: RequestBody<C>,
    options: CallOptions = {},
  ): Promise<ResponseBody<C>> {
    checkOptions(options, OPTION_NAMES.call);
    const answer = await this.call(command, body, options.signal);
    if (answer.error !== "") throw new RpcError(command, answer.error);
    return answer.body as ResponseBody<C>;
  }

  /**
   * Sends a request whose response is followed by records, and resolves when the agent has accepted it. Closing the
   * subscription tells the agent to stop. It ends with an {@link RpcError} if the agent closes the connection.
   */
  async open<C extends RecordCommand, T, Records extends Subscription<T>>(
    command: C,
    body: RequestBody<C>,
    { decode, subscribe, capacity, signal }: OpenOptions<T, Records>,
  ): Promise<Records> {
    signal?.throwIfAborted();
    const seq = ++this.#lastSeq;
    const records = subscribe({ capacity, signal, onClose: () => this.#release(seq, command) });
    this.#sinks.set(seq, {
      receive(record) {
        const value = decode(new Reader(record));
        if (value === undefined) records.close();
        else records.push(value);
      },
      end: (error) => records.close(error),
    });
    try {
      const { error } = await this.#call(seq, command, body, signal);
      if (error !== "") {
        this.#sinks.delete(seq);
        throw new RpcError(command, error);
      }
      signal?.throwIfAborted();
    } catch (error) {
      records.close();
      throw error;
    }
    return records;
  }

  /** Closes the connection: calls fail, subscriptions end. */
  async close(): Promise<void> {
    this.#end();
    // A process that ended during the read would reset the connection, and the agent would log that.
    await this.#receiving;
  }

  /** Same as {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #call<C extends Command>(
    seq: bigint,
    command: C,
    body: RequestBody<C>,
    signal?: AbortSignal,
  ): Promise<Answer<C>> {
    signal?.throwIfAborted();
    if (this.#ended) throw closedError(command);
    const message = encodeRequest(seq, command, body);
    const { promise, resolve, reject } = Promise.withResolvers<Answer<C>>();
    this.#calls.set(seq, {
      command,
      settle: (error, value) =>
        resolve({ error, body: value === null ? null : decodeResponse(command, value) }),
      fail: reject,
    });
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort);
    this.#answerDeadline.expect(seq, command, reject);
    this.#write(message);
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Stops the records of a request. A query cannot be stopped; its records are ignored. */
  #release(seq: bigint, command: RecordCommand): void {
    if (!this.#sinks.delete(seq) || command === "query") return;
    this.call("stop", { Stop: seq }).catch(() => {
      // The connection has ended, and the stream with it.
    });
  }

  /** Never rejects: a failed write ends the channel, and so fails the call. */
  async #write(message: Uint8Array): Promise<void> {
    try {
      await this.#writeDeadline.time(this.#writer.write(message));
    } catch (error) {
      this.#end(error);
    }
  }

  /** Never rejects: the end of the connection ends the channel. */
  async #receive(): Promise<void> {
    try {
      for (;;) await this.#dispatch(decodeResponseHeader(await this.#next()));
    } catch (error) {
      this.#end(error);
    }
  }

  async #dispatch({ seq, error }: ResponseHeader): Promise<void> {
    const call = this.#calls.get(seq);
    if (call !== undefined) {
      call.settle(error, responseHasBody(call.command, error) ? await this.#next() : null);
      this.#calls.delete(seq);
      this.#answerDeadline.answered(seq);
    } else if (error === "") {
      // A header that answers no call precedes a record, perhaps of a stream that was just stopped.
      const record = await this.#next();
      this.#sinks.get(seq)?.receive(record);
    }
    // An error that answers no call is skipped: Serf refuses an unauthenticated request that has a body twice.
  }

  async #next(): Promise<Uint8Array> {
    const value = await this.#reader.read();
    if (value === null) throw new DecodeError("EOF");
    return value;
  }

  #end(cause?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#connection.close();
    for (const { command, fail } of this.#calls.values()) fail(closedError(command, cause));
    const failure = cause === undefined ? undefined : closedError("stream", cause);
    for (const { end } of [...this.#sinks.values()]) end(failure);
  }
}

function closedError(command: string, cause?: unknown): RpcError {
  return new RpcError(command, "client closed", { cause });
}
