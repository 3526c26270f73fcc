/**
 * The answering half of the stream transport.
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

/** What a server listens on and whom it asks for answers. */
export interface TcpServerOptions {
  /** Taken over, and closed with the server. */
  readonly listener: Deno.TcpListener;
  readonly wire: WireOptions;
  /** From accepting to the end of the message; writing the answer may take as long again. */
  readonly timeoutMs: number;
  /** The answer to a message; `null` just closes. */
  readonly accept: (from: Address, message: StreamMessage) => StreamMessage | null;
  readonly log: Log;
  readonly metrics?: Metrics;
}

/** Exchanges that have begun; as in the reference, one more is closed without an answer. */
const MAX_EXCHANGES = 128;
/** Open connections, silent ones included; for one more the oldest silent one is closed. */
const MAX_CONNECTIONS = 512;
/** Bytes of unfinished messages in all. A single message is bounded by the decoder. */
const MAX_UNFINISHED_BYTES = 64 * 1024 * 1024;
/** What may still be read, and thrown away, behind a message that was refused halfway. */
const MAX_DRAINED_BYTES = 1024 * 1024;
const DRAIN_BUFFER_BYTES = 16_384;

/** One accepted connection. */
interface Inbound {
  readonly connection: TimedConnection;
  readonly from: Address;
  /** Bytes of its message so far; 0 while it is silent. */
  received: number;
}

/**
 * Answers stream exchanges: one message in, at most one out, then the connection closes. What is refused is logged.
 * A peer that connects and says nothing holds a connection but not an exchange, so that idle ones block nobody.
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

  /** Closes the listener and every connection; resolves when all of them are gone. */
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
    // Sets iterate in the order of insertion, so the first one found is the oldest.
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
   * Tells the other side why its message was not read. The rest of that message is read and dropped, because closing
   * over unread bytes resets the connection and may take the answer with it.
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
