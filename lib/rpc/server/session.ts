/**
 * One client's connection, from the handshake to the end: reads requests, has them carried out, and writes responses.
 *
 * @module
 */

import { errorText } from "../../base/errors.ts";
import { formatDuration } from "../../go/duration.ts";
import { osErrorText } from "../../go/os_error.ts";
import { type Command, isCommand, type RequestBody, type ResponseBody } from "../commands.ts";
import type { Connection } from "../connection.ts";
import { MessageReader } from "../message_reader.ts";
import {
  decodeRequest,
  decodeRequestHeader,
  encodeResponseHeader,
  requestHasBody,
  type RequestHeader,
  RpcFailure,
} from "../protocol.ts";
import { Client, type ClientOptions } from "./client.ts";
import { carryOut, isPrompt, type Outcome } from "./handlers.ts";
import { ResponseWriter } from "./response_writer.ts";

/** The largest header or body a client may send. Serf has no limit; no sensible request comes near this one. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/** The same for a client that has not authenticated: an unfinished request is kept in memory. */
const MAX_STRANGER_REQUEST_BYTES = 64 * 1024;

const NO_BODY = new Uint8Array();

/** What a session needs beside what its client needs. */
interface SessionOptions extends ClientOptions {
  /** Called when a deadline begins: {@link Session.check} is to be called now and then, as long as it returns true. */
  readonly watch: () => void;
}

/** How long a client may take, in milliseconds. */
export interface SessionDeadlines {
  /** From the connection to the handshake and, where a token is needed, the authentication. */
  readonly handshakeMs: number;
  /** For reading anything of what is written to it. */
  readonly writeMs: number;
}

/**
 * Serves one client. Requests are carried out one after another. The streams, the monitor and the queries that they start
 * send records between the responses.
 */
export class Session {
  readonly #connection: Connection;
  readonly #client: Client;
  readonly #reader: MessageReader;
  readonly #writer: ResponseWriter;
  readonly #address: string;
  readonly #watch: () => void;
  readonly #since = performance.now();
  /** When the system was given bytes that it has not taken yet. */
  #writingSince = Infinity;

  constructor(connection: Connection, options: SessionOptions) {
    this.#connection = connection;
    this.#reader = new MessageReader({ read: (buffer) => this.#receive(buffer) }, {
      maxBytes: MAX_STRANGER_REQUEST_BYTES,
    });
    this.#writer = new ResponseWriter({ write: (bytes) => this.#write(bytes) });
    this.#address = options.address;
    this.#watch = options.watch;
    this.#client = new Client(options, this.#writer);
  }

  /** Serves until the client disconnects or sends something that is not a request. Never rejects. */
  async run(): Promise<void> {
    try {
      let header: RequestHeader | null = { command: "", seq: 0n };
      for (;;) {
        // What a client sends without waiting for answers is served in one go: an `await` takes as long as such a request.
        header = this.#receivedHeader(header) ?? await this.#readHeader(header);
        if (header === null) break;
        const serving = this.#serve(header);
        if (serving !== undefined) await serving;
      }
    } catch (error) {
      this.#client.log("ERR", errorText(error));
      // Requests that arrived together with the senseless one were carried out.
      await this.#writer.flush().catch(() => {});
    } finally {
      this.close();
    }
  }

  /** Ends the connection and all that the client has started. */
  close(): void {
    if (this.#client.closed) return;
    this.#client.close();
    this.#connection.close();
  }

  /** Whether the client has done the handshake and, where a token is needed, has authenticated. */
  get admitted(): boolean {
    return this.#client.admitted;
  }

  /** Ends the session with a line in the log if the client has missed a deadline. Returns whether there is one left. */
  check(now: number, { handshakeMs, writeMs }: SessionDeadlines): boolean {
    if (!this.admitted && now - this.#since >= handshakeMs) {
      this.dismiss(`not authenticated after ${formatDuration(handshakeMs)}`);
    } else if (now - this.#writingSince >= writeMs) {
      this.dismiss(`has read nothing for ${formatDuration(writeMs)}`);
    }
    return !this.#client.closed && (!this.admitted || this.#writingSince < Infinity);
  }

  /** Ends the session, and logs why. */
  dismiss(reason: string): void {
    this.#client.log("WARN", `Closing client: ${this.#address}: ${reason}`);
    this.close();
  }

  async #write(bytes: Uint8Array): Promise<number> {
    this.#writingSince = performance.now();
    this.#watch();
    try {
      return await this.#connection.write(bytes);
    } finally {
      this.#writingSince = Infinity;
    }
  }

  /** Called when all requests that have arrived are carried out. A client that cannot be written to is not read again. */
  async #receive(buffer: Uint8Array): Promise<number | null> {
    try {
      await this.#writer.flush();
    } catch (error) {
      this.#client.log("ERR", evaluationFailure(error));
      this.close();
      return null;
    }
    return await this.#connection.read(buffer);
  }

  #receivedHeader(previous: RequestHeader): RequestHeader | undefined {
    try {
      const value = this.#reader.readReceived();
      return value && decodeRequestHeader(value, previous);
    } catch (cause) {
      throw headerFailure(cause);
    }
  }

  async #readHeader(previous: RequestHeader): Promise<RequestHeader | null> {
    try {
      const value = await this.#reader.read();
      return value && decodeRequestHeader(value, previous);
    } catch (cause) {
      throw headerFailure(cause);
    }
  }

  /** Serves a request; the result is `undefined` if that was done at once. */
  #serve(header: RequestHeader): Promise<void> | undefined {
    try {
      return this.#serveAtOnce(header)?.catch(failEvaluation);
    } catch (cause) {
      failEvaluation(cause);
    }
  }

  #serveAtOnce(header: RequestHeader): Promise<void> | undefined {
    const { command, seq } = header;
    if (!this.admitted || !isCommand(command) || !isPrompt(command)) return this.#evaluate(header);
    const body = this.#receivedRequest(command);
    if (body === undefined) return this.#evaluate(header);
    this.#client.agent.count("agent.ipc.command");
    const outcome = carryOut(command, { client: this.#client, seq, body });
    if (!(outcome instanceof Promise)) return this.#answer(command, seq, outcome);
    return outcome.then((outcome) => this.#answer(command, seq, outcome));
  }

  async #evaluate({ command, seq }: RequestHeader): Promise<void> {
    const client = this.#client;
    if (!client.handshaken && command !== "handshake") {
      await this.#refuse(seq, RpcFailure.handshakeRequired);
      throw new Error(RpcFailure.handshakeRequired);
    }
    client.agent.count("agent.ipc.command");
    if (!client.authenticated && command !== "auth" && command !== "handshake") {
      client.log("WARN", "Client sending commands before auth");
      // Serf leaves the body unread, takes it for the next header, and so answers a second time.
      if (isCommand(command)) await this.#readBody(command);
      return await this.#refuse(seq, RpcFailure.authRequired);
    }
    if (!isCommand(command)) {
      await this.#refuse(seq, RpcFailure.unsupportedCommand);
      throw new Error(`command '${command}' not recognized`);
    }
    await this.#carryOut(command, seq);
  }

  async #carryOut(command: Command, seq: bigint): Promise<void> {
    const body = this.#receivedRequest(command) ?? await this.#readRequest(command);
    if (!this.#writer.batch.isEmpty && !isPrompt(command)) await this.#writer.flush();
    const outcome = await carryOut(command, { client: this.#client, seq, body });
    await this.#answer(command, seq, outcome);
  }

  #answer<C extends Command>(
    command: C,
    seq: bigint,
    { error = "", body, afterwards }: Outcome<ResponseBody<C>>,
  ): Promise<void> | undefined {
    const { batch } = this.#writer;
    if (this.admitted) this.#reader.maxBytes = MAX_REQUEST_BYTES;
    batch.addResponse({ seq, error }, command, body);
    if (afterwards !== undefined) return this.#flushBefore(afterwards);
    return batch.isFull ? this.#writer.flush() : undefined;
  }

  async #flushBefore(next: () => void): Promise<void> {
    try {
      await this.#writer.flush();
    } finally {
      next();
    }
  }

  #receivedRequest<C extends Command>(command: C): RequestBody<C> | undefined {
    try {
      const value = requestHasBody(command) ? this.#reader.readReceived() : NO_BODY;
      return value && decodeRequest(command, value);
    } catch (cause) {
      throw decodingFailure(cause);
    }
  }

  async #readRequest<C extends Command>(command: C): Promise<RequestBody<C>> {
    try {
      return decodeRequest(command, await this.#readBody(command));
    } catch (cause) {
      throw decodingFailure(cause);
    }
  }

  async #readBody(command: Command): Promise<Uint8Array> {
    if (!requestHasBody(command)) return NO_BODY;
    const value = await this.#reader.read();
    if (value === null) throw new Error("EOF");
    return value;
  }

  async #refuse(seq: bigint, error: string): Promise<void> {
    this.#writer.batch.add(encodeResponseHeader({ seq, error }));
    await this.#writer.flush();
  }
}

function headerFailure(cause: unknown): Error {
  return new Error(`failed to decode request header: ${osErrorText(cause)}`, { cause });
}

function decodingFailure(cause: unknown): Error {
  return new Error(`decode failed: ${osErrorText(cause)}`, { cause });
}

function failEvaluation(cause: unknown): never {
  throw new Error(evaluationFailure(cause), { cause });
}

function evaluationFailure(cause: unknown): string {
  return `Failed to evaluate request: ${errorText(cause)}`;
}
