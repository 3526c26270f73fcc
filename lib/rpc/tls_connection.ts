/**
 * TLS on a connection.
 *
 * Deno's own TLS listeners cannot ask clients for certificates, and node:tls, on sockets of its own, reads whatever arrives
 * into memory, whether anybody wants it or not. So node:tls works on a stream here, which takes from the connection only
 * what the reader of the plain bytes waits for.
 *
 * @module
 */

import { errorText } from "../base/errors.ts";
import { after } from "../base/timer.ts";
import { writeAll } from "../base/write_all.ts";
import type { Connection } from "./connection.ts";

type Duplex = import("node:stream").Duplex;
type DuplexClass = typeof import("node:stream").Duplex;
type TlsSocket = import("node:tls").TLSSocket;

/** Where a handshake reports how it has ended. */
export interface HandshakeOutcome {
  secured(socket: TlsSocket): void;
  failed(error: Error): void;
}

/** Begins a handshake on a stream of encrypted bytes. */
export type StartHandshake = (stream: Duplex, outcome: HandshakeOutcome) => void;

/** The most that is taken from the connection at once. */
const RECEIVE_BYTES = 16_384;

/** The most that is written at once: who waits for the end of a write wants to see it go on. */
const MAX_WRITE_BYTES = 65_536;

/** How long after the last encrypted bytes the end of the plain ones is waited for: node:tls does not always tell. */
const END_DELAY_MS = 100;

/** A connection whose bytes are encrypted on another one. */
export class TlsConnection implements Connection {
  readonly #connection: Connection;
  readonly #stream: Duplex;
  readonly #handshake = Promise.withResolvers<TlsSocket>();
  /** Absent until the handshake is over. */
  #socket: TlsSocket | undefined;
  #failure: Error | undefined;
  /** Whether there are no more encrypted bytes. */
  #received = false;
  /** Whether there are no more plain bytes. */
  #ended = false;
  #closed = false;
  #receiving: Promise<void> | undefined;
  /** Resolves when anything changes but what {@link #receive} changes. */
  #change = Promise.withResolvers<void>();

  /** `connection` now belongs to this one. */
  constructor(
    connection: Connection,
    { Duplex, startHandshake }: {
      readonly Duplex: DuplexClass;
      readonly startHandshake: StartHandshake;
    },
  ) {
    this.#connection = connection;
    this.#stream = new Duplex({
      read: () => {},
      write: (bytes: Uint8Array, _encoding, done) => {
        writeAll(connection, bytes).then(() => done(), done);
      },
    });
    this.#stream.on("error", (error) => this.#fail(error));
    this.#handshake.promise.catch(() => {
      // Whoever reads or writes is told.
    });
    startHandshake(this.#stream, {
      secured: (socket) => this.#begin(socket),
      failed: (error) => this.#fail(error),
    });
  }

  /** Resolves when the handshake is over. Rejects with an `Error` that says why it has failed, as in `tls: …`. */
  async handshake(): Promise<void> {
    while (this.#socket === undefined) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) throw new Error("tls: the connection was closed during the handshake");
      await this.#advance();
    }
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      const bytes = this.#take(buffer.length);
      if (bytes !== null) {
        buffer.set(bytes);
        return bytes.length;
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return null;
      await this.#advance();
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    const socket = await this.#handshake.promise;
    const part = bytes.subarray(0, MAX_WRITE_BYTES);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.write(part, (error) => error ? reject(error) : resolve());
    await promise;
    return part.length;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket?.destroy();
    this.#stream.destroy();
    this.#connection.close();
    this.#handshake.reject(new Error("tls: closed"));
    this.#end();
  }

  #begin(socket: TlsSocket): void {
    this.#socket = socket;
    socket.on("readable", () => this.#changed());
    socket.on("end", () => this.#end());
    socket.on("close", () => this.#end());
    socket.on("error", (error) => this.#fail(error));
    this.#handshake.resolve(socket);
    this.#changed();
  }

  /** At most `length` plain bytes; `null` if there are none yet. */
  #take(length: number): Uint8Array | null {
    const socket = this.#socket;
    if (socket === undefined || socket.readableLength === 0) return null;
    return socket.read(Math.min(length, socket.readableLength));
  }

  /** Waits until more encrypted bytes have come, or until something has come of those before. */
  async #advance(): Promise<void> {
    if (this.#received) return await this.#change.promise;
    this.#receiving ??= this.#receive().finally(() => this.#receiving = undefined);
    await Promise.race([this.#receiving, this.#change.promise]);
  }

  /** Never rejects: a failure is kept. */
  async #receive(): Promise<void> {
    const buffer = new Uint8Array(RECEIVE_BYTES);
    try {
      const count = await this.#connection.read(buffer);
      if (this.#closed) return;
      if (count !== null) return void this.#stream.push(buffer.subarray(0, count));
      this.#received = true;
      this.#stream.push(null);
      after(END_DELAY_MS, () => this.#end());
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= new Error(`tls: ${errorText(error)}`, { cause: error });
    this.#handshake.reject(this.#failure);
    this.#changed();
  }

  #end(): void {
    this.#ended = true;
    this.#changed();
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
