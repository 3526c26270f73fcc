/**
 * Stream exchanges that other nodes begin. Limits on connections, exchanges and bytes keep a flood from exhausting memory.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import type { Address } from "../../base/address.ts";
import { errorText } from "../../base/errors.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { StreamMessage } from "../../wire/messages/messages.ts";
import { encodeStream, StreamDecodeError } from "../../wire/framing/stream.ts";
import type { WireOptions } from "../../wire/framing/wire_options.ts";
import { osErrorText } from "../../go/os_error.ts";
import { readMessage } from "./read_message.ts";
import { serveLoop } from "./serve_loop.ts";
import { TimedConnection } from "./timed_connection.ts";
import { peerAddress } from "./udp.ts";

/** Settings of a {@link TcpServer}. */
export interface TcpServerOptions {
  /** Belongs to the server, which closes it. */
  readonly listener: Deno.TcpListener;
  readonly wire: WireOptions;
  /** How long a message may take from the accept on, and again writing the answer. */
  readonly timeoutMs: number;
  /** Returns the answer to a message, or `null` to close the stream without one. */
  readonly accept: (from: Address, message: StreamMessage) => StreamMessage | null;
  readonly log: Log;
  readonly metrics?: Metrics;
}

/** The most exchanges at once, as in memberlist (`maxPushPullRequests`). A further one is closed without an answer. */
const MAX_EXCHANGES = 128;
/** The most connections at once. For a further one, the oldest that has not sent anything is closed. */
const MAX_CONNECTIONS = 512;
/** The most bytes of incomplete messages in all connections. The decoder limits a single message. */
const MAX_UNFINISHED_BYTES = 64 * 1024 * 1024;
/** The most bytes that are read and discarded after a message was refused. */
const MAX_DRAINED_BYTES = 1024 * 1024;
const DRAIN_BUFFER_BYTES = 16_384;

/** One accepted connection. */
interface Inbound {
  readonly connection: TimedConnection;
  readonly from: Address;
  /** Bytes of its message so far. */
  received: number;
}

/**
 * Answers stream exchanges: reads one message, writes at most one, and closes the connection. What is refused is logged.
 * A connection counts as an exchange only when something was received on it, so that idle connections block nobody.
 */
export class TcpServer {
  readonly #options: TcpServerOptions;
  readonly #closing = new AbortController();
  readonly #inbound = new Set<Inbound>();
  readonly #serving = new Set<Promise<void>>();
  readonly #loop: Promise<void>;

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
    for (const { connection } of this.#inbound) connection.close();
    await this.#loop;
    await Promise.all(this.#serving);
  }

  async #accept(): Promise<void> {
    const conn = await this.#options.listener.accept();
    this.#options.metrics?.count("memberlist.tcp.accept");
    const from = peerAddress(conn.remoteAddr);
    const connection = new TimedConnection(conn, this.#options.timeoutMs);
    const inbound = { connection, from, received: 0 };
    this.#makeRoom();
    this.#inbound.add(inbound);
    const serving = this.#serve(inbound).finally(() => {
      connection.close();
      this.#inbound.delete(inbound);
      this.#serving.delete(serving);
    });
    this.#serving.add(serving);
  }

  #makeRoom(): void {
    if (this.#inbound.size < MAX_CONNECTIONS) return;
    // A set iterates in the order of insertion, so the first match is the oldest.
    for (const inbound of this.#inbound) {
      if (inbound.received > 0) continue;
      inbound.connection.close();
      this.#inbound.delete(inbound);
      return;
    }
  }

  async #serve(inbound: Inbound): Promise<void> {
    const { connection, from } = inbound;
    this.#log("DEBUG", `Stream connection from=${from}`);
    try {
      const message = await this.#read(inbound);
      const answer = message && this.#options.accept(from, message);
      if (answer) await this.#answer(connection, answer);
    } catch (error) {
      const refused = error instanceof StreamDecodeError;
      const prefix = refused && !error.answer ? "" : "failed to receive: ";
      this.#log("ERR", `${prefix}${errorText(error)} from=${from}`);
      if (refused && error.answer) await this.#refuse(connection, error);
    }
  }

  #read(inbound: Inbound): Promise<StreamMessage | undefined> {
    const { wire, log } = this.#options;
    const onBytes = (count: number) => {
      inbound.received += count;
      if (this.#isOverloaded()) throw new Error("Too many pending push/pull requests");
    };
    const { connection, from: peer } = inbound;
    return readMessage(connection, { wire, role: "server", peer, log, onBytes });
  }

  #isOverloaded(): boolean {
    let exchanges = 0;
    let bytes = 0;
    for (const { received } of this.#inbound) {
      if (received > 0) exchanges++;
      bytes += received;
    }
    return exchanges > MAX_EXCHANGES || bytes > MAX_UNFINISHED_BYTES;
  }

  async #answer(connection: TimedConnection, answer: StreamMessage): Promise<void> {
    const { timeoutMs, wire, metrics } = this.#options;
    const bytes = encodeStream(answer, wire, "server");
    metrics?.count("memberlist.tcp.sent", bytes.length);
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
