/**
 * Stream exchanges that other nodes begin. Limits on connections, exchanges and bytes keep a flood from exhausting memory.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import type { Address } from "../../base/address.ts";
import { errorText } from "../../base/errors.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { TcpListener } from "../../base/platform/platform.ts";
import type { StreamMessage } from "../../wire/messages/messages.ts";
import { encodeStream, StreamDecodeError } from "../../wire/framing/stream.ts";
import type { WireOptions } from "../../wire/framing/wire_options.ts";
import { osErrorText } from "../../go/os_error.ts";
import type { Tracer } from "../tracing.ts";
import { countSent } from "./count_sent.ts";
import { readMessage } from "./read_message.ts";
import { serveLoop } from "./serve_loop.ts";
import { TimedConnection } from "./timed_connection.ts";
import { traceExchange } from "./trace_exchange.ts";
import { peerAddress } from "./udp.ts";
import { type Inbound, UnfinishedStreams } from "./unfinished_streams.ts";

/** Settings of a {@link TcpServer}. */
export interface TcpServerOptions {
  /** Belongs to the server, which closes it. */
  readonly listener: TcpListener;
  readonly wire: WireOptions;
  /** How long a message may take from the accept on, and again writing the answer. */
  readonly timeoutMs: number;
  /** Returns the answer to a message, or `null` to close the stream without one. */
  readonly accept: (from: Address, message: StreamMessage) => StreamMessage | null;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
  /** Whether streams from an address are accepted. Default: from any. */
  readonly allows?: (ip: Uint8Array) => boolean;
  /** The most answers that are written at once; a further message is not answered. Default 128. */
  readonly maxExchanges?: number;
}

/** As in memberlist (`maxPushPullRequests`). */
const MAX_EXCHANGES = 128;
/** The most bytes that are read and discarded after a message was refused. */
const MAX_DRAINED_BYTES = 1024 * 1024;
const DRAIN_BUFFER_BYTES = 16_384;

/**
 * Answers stream exchanges: reads one message, writes at most one, and closes the connection. What is refused is logged.
 * An exchange takes one of the limited places only when its message has been decrypted and decoded, so that those
 * without the key take none.
 */
export class TcpServer {
  readonly #options: TcpServerOptions;
  readonly #closing = new AbortController();
  readonly #connections = new Set<TimedConnection>();
  readonly #unfinished = new UnfinishedStreams();
  readonly #serving = new Set<Promise<void>>();
  readonly #loop: Promise<void>;
  /** Exchanges whose answer is being written. */
  #answering = 0;

  /** Starts accepting. */
  constructor(options: TcpServerOptions) {
    this.#options = options;
    this.#loop = serveLoop(() => this.#accept(), {
      signal: this.#closing.signal,
      onError: (error) =>
        options.log("ERR", `memberlist: Error accepting TCP connection: ${osErrorText(error)}`),
    });
  }

  /** Closes the listener and all connections; resolves when they are closed. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#options.listener.close();
    for (const connection of this.#connections) connection.close();
    await this.#loop;
    await Promise.all(this.#serving);
  }

  async #accept(): Promise<void> {
    const conn = await this.#options.listener.accept();
    this.#options.metrics?.count("memberlist.tcp.accept");
    const from = peerAddress(conn.remoteAddr);
    if (this.#options.allows?.(from.ip) === false) return conn.close();
    let connection: TimedConnection;
    try {
      connection = new TimedConnection(conn, this.#options.timeoutMs);
    } catch (error) {
      // The other side has reset it already. That must not make others wait, as a failure to accept does.
      return this.#log("ERR", `Error accepting TCP connection: ${osErrorText(error)}`);
    }
    this.#connections.add(connection);
    const serving = this.#serve(connection, from).finally(() => {
      connection.close();
      this.#connections.delete(connection);
      this.#serving.delete(serving);
    });
    this.#serving.add(serving);
  }

  async #serve(connection: TimedConnection, from: Address): Promise<void> {
    this.#log("DEBUG", `Stream connection from=${from}`);
    try {
      const message = await this.#read(connection, from);
      if (message === undefined) return;
      const exchange = { peer: from, role: "server", message } as const;
      const run = () => this.#exchange(connection, { from, message });
      await traceExchange(this.#options.tracer, exchange, run);
    } catch (error) {
      const refused = error instanceof StreamDecodeError;
      const prefix = refused && !error.answer ? "" : "failed to receive: ";
      this.#log("ERR", `${prefix}${errorText(error)} from=${from}`);
      if (refused && error.answer) await this.#refuse(connection, error);
    }
  }

  async #read(connection: TimedConnection, peer: Address): Promise<StreamMessage | undefined> {
    const { wire, log, metrics } = this.#options;
    const stream: Inbound = { connection, host: peer.host, received: 0 };
    const onBytes = (count: number) => this.#unfinished.grow(stream, count);
    this.#unfinished.add(stream);
    try {
      return await readMessage(connection, { wire, role: "server", peer, log, metrics, onBytes });
    } finally {
      this.#unfinished.delete(stream);
    }
  }

  async #exchange(
    connection: TimedConnection,
    { from, message }: { readonly from: Address; readonly message: StreamMessage },
  ): Promise<StreamMessage | null> {
    const { accept, maxExchanges = MAX_EXCHANGES } = this.#options;
    if (this.#answering >= maxExchanges) throw new Error("Too many pending push/pull requests");
    this.#answering++;
    try {
      const answer = accept(from, message);
      if (answer) await this.#answer(connection, answer);
      return answer;
    } finally {
      this.#answering--;
    }
  }

  async #answer(connection: TimedConnection, answer: StreamMessage): Promise<void> {
    const { timeoutMs, wire, metrics } = this.#options;
    const bytes = encodeStream(answer, wire, "server");
    countSent(answer, bytes, metrics);
    connection.extend(timeoutMs);
    await connection.write(bytes);
  }

  /**
   * Tells the other side why its message was refused. The rest of the message is read and discarded: closing a connection
   * with unread bytes resets it, and the other side may lose the answer.
   */
  async #refuse(connection: TimedConnection, { message: error }: Error): Promise<void> {
    try {
      await this.#answer(connection, { type: "err", error });
      await connection.closeWrite();
      const buffer = new Uint8Array(DRAIN_BUFFER_BYTES);
      for (let drained = 0; drained < MAX_DRAINED_BYTES;) {
        const chunk = await connection.read(buffer);
        if (chunk === null) return;
        drained += chunk.length;
      }
    } catch (failure) {
      this.#log("ERR", `Failed to send error: ${errorText(failure)}`);
    }
  }

  #log(level: "DEBUG" | "ERR", text: string): void {
    if (!this.#closing.signal.aborted) this.#options.log(level, `memberlist: ${text}`);
  }
}
