/**
 * One client's connection to the agent, from the handshake to the end.
 *
 * @module
 */

import { levelPasses, type LogLevel, parseLogLevel } from "../../base/log.ts";
import { ClosedError, errorText } from "../../base/errors.ts";
import { pause } from "../../base/pause.ts";
import type { Subscription } from "../../base/subscription.ts";
import { osErrorText } from "../../go/os_error.ts";
import type { QueryRecord } from "../../api/query.ts";
import {
  matchesEvent,
  parseEventFilter,
  splitEventFilters,
} from "../../serf/events/event_filter.ts";
import type { Field } from "../../wire/msgpack/struct.ts";
import { answerRequest, askQuery, failureText, isPrompt } from "./agent_command.ts";
import { AnswerBatch } from "./answer_batch.ts";
import { type EventRecord, eventRecord } from "../event_record.ts";
import { type ByteSource, MessageReader } from "../message_reader.ts";
import { type ByteSink, MessageWriter } from "../message_writer.ts";
import { PendingQueries } from "./pending_queries.ts";
import {
  type Command,
  decodeRequest,
  decodeRequestHeader,
  encodeRecord,
  encodeResponseHeader,
  isCommand,
  logRecord,
  queryRecord,
  type Request,
  type RequestBody,
  requestHasBody,
  type RequestHeader,
  RPC_VERSION,
  RpcFailure,
} from "../protocol.ts";
import { RecordFeed } from "./record_feed.ts";
import type { AgentEvent, AgentLog, LogLine, RpcAgent } from "./rpc_agent.ts";

/** What a session needs of a connection. */
export interface SessionConnection extends ByteSource, ByteSink {
  close(): void;
}

/** Whom a session serves, and on whose behalf. */
export interface SessionOptions {
  readonly agent: RpcAgent;
  readonly hub: AgentLog;
  /** The token that everything but the handshake needs; empty if there is none. */
  readonly authKey: string;
  /** The client's `IP:PORT`, for the log. */
  readonly client: string;
}

/** The largest header or body a client may send. The reference has no limit; no sensible request comes near this one. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/**
 * After a warning about dropped records, how long the client gets no other. The warnings reach monitors too: without a
 * pause, a monitor that does not keep up would turn each warning into the next.
 */
const DROP_WARNING_PAUSE_MS = 10_000;

/**
 * How long the end of a query is held back after its last record. The command line of the reference gives up what it has
 * not printed yet when it reads the end, because its own agents never send the end early.
 */
const QUERY_END_DELAY_MS = 100;

/**
 * Serves one client. Requests are carried out one after another; what they start (streams, a monitor, queries) sends its
 * records in between, each message whole.
 */
export class Session {
  readonly #connection: SessionConnection;
  readonly #agent: RpcAgent;
  readonly #hub: AgentLog;
  readonly #authKey: string;
  readonly #client: string;
  readonly #reader: MessageReader;
  readonly #writer: MessageWriter;
  /** Written as soon as every request that has arrived is carried out. */
  readonly #held = new AnswerBatch();
  readonly #streams = new Map<bigint, RecordFeed<AgentEvent>>();
  /** Queries that the client has asked. */
  readonly #asked = new Set<Subscription<QueryRecord>>();
  /** Queries that the client may answer. */
  readonly #answerable = new PendingQueries();
  readonly #ending = new AbortController();
  #monitor?: { readonly seq: bigint; readonly feed: RecordFeed<LogLine> };
  #warnedAt = -Infinity;
  #handshaken = false;
  #authenticated: boolean;

  constructor(connection: SessionConnection, { agent, hub, authKey, client }: SessionOptions) {
    this.#connection = connection;
    this.#agent = agent;
    this.#hub = hub;
    this.#authKey = authKey;
    this.#client = `ipc.client: ${client}`;
    this.#reader = new MessageReader({ read: (buffer) => this.#receive(buffer) }, {
      maxBytes: MAX_REQUEST_BYTES,
    });
    this.#writer = new MessageWriter(connection);
    this.#authenticated = authKey === "";
  }

  /** Serves until the client goes away or sends what makes no sense. Never rejects. */
  async run(): Promise<void> {
    try {
      let header: RequestHeader | null = { command: "", seq: 0n };
      while ((header = await this.#readHeader(header)) !== null) await this.#serve(header);
    } catch (error) {
      this.#log("ERR", errorText(error));
    } finally {
      this.close();
    }
  }

  /** Ends the connection and all that the client has started. */
  close(): void {
    if (this.#closed) return;
    this.#ending.abort();
    this.#connection.close();
    this.#monitor?.feed[Symbol.dispose]();
    for (const feed of this.#streams.values()) feed[Symbol.dispose]();
    for (const records of [...this.#asked]) records[Symbol.dispose]();
  }

  get #closed(): boolean {
    return this.#ending.signal.aborted;
  }

  /** Called when there is nothing left to carry out; no more arrives for a client that cannot be answered. */
  async #receive(buffer: Uint8Array): Promise<number | null> {
    try {
      await this.#writeHeld();
    } catch (error) {
      this.#log("ERR", evaluationFailure(error));
      this.close();
      return null;
    }
    return await this.#connection.read(buffer);
  }

  async #readHeader(previous: RequestHeader): Promise<RequestHeader | null> {
    try {
      const value = await this.#reader.read();
      return value === null ? null : decodeRequestHeader(value, previous);
    } catch (cause) {
      throw new Error(`failed to decode request header: ${osErrorText(cause)}`, { cause });
    }
  }

  async #serve(header: RequestHeader): Promise<void> {
    try {
      await this.#evaluate(header);
    } catch (cause) {
      throw new Error(evaluationFailure(cause), { cause });
    }
  }

  async #evaluate({ command, seq }: RequestHeader): Promise<void> {
    if (!this.#handshaken && command !== "handshake") {
      await this.#answer(seq, RpcFailure.handshakeRequired);
      throw new Error(RpcFailure.handshakeRequired);
    }
    this.#agent.count("agent.ipc.command");
    if (!this.#authenticated && command !== "auth" && command !== "handshake") {
      this.#log("WARN", "Client sending commands before auth");
      // The reference leaves the body, takes it for the next header, and so answers a second time.
      if (isCommand(command)) await this.#readBody(command);
      return await this.#answer(seq, RpcFailure.authRequired);
    }
    if (!isCommand(command)) {
      await this.#answer(seq, RpcFailure.unsupportedCommand);
      throw new Error(`command '${command}' not recognized`);
    }
    await this.#perform(seq, await this.#readRequest(command));
  }

  async #readRequest(command: Command): Promise<Request> {
    try {
      return decodeRequest(command, await this.#readBody(command));
    } catch (cause) {
      throw new Error(`decode failed: ${osErrorText(cause)}`, { cause });
    }
  }

  async #readBody(command: Command): Promise<Uint8Array> {
    if (!requestHasBody(command)) return new Uint8Array();
    const value = await this.#reader.read();
    if (value === null) throw new Error("EOF");
    return value;
  }

  async #perform(seq: bigint, request: Request): Promise<void> {
    if (!this.#held.isEmpty && !isPrompt(request.command)) await this.#writeHeld();
    switch (request.command) {
      case "handshake":
        return await this.#answer(seq, this.#handshake(request.body.Version));
      case "auth":
        return await this.#answer(seq, this.#authenticate(request.body.AuthKey));
      case "stream":
        return await this.#startStream(seq, request.body.Type);
      case "monitor":
        return await this.#startMonitor(seq, request.body.LogLevel);
      case "stop":
        return await this.#answer(seq, this.#stop(request.body.Stop));
      case "leave":
        return await this.#leave(seq);
      case "query":
        return await this.#startQuery(seq, request.body);
      case "respond":
        return await this.#answer(seq, this.#respond(request.body));
      default:
        return await this.#hold(await answerRequest(this.#agent, seq, request));
    }
  }

  /** Like the other commands below, returns the error to answer with; empty on success. */
  #handshake(version: number): string {
    if (version !== RPC_VERSION) return RpcFailure.unsupportedVersion;
    if (this.#handshaken) return RpcFailure.handshakeTwice;
    this.#handshaken = true;
    return "";
  }

  #authenticate(key: string): string {
    if (key !== this.#authKey) return RpcFailure.invalidToken;
    this.#authenticated = true;
    return "";
  }

  async #startStream(seq: bigint, type: string): Promise<void> {
    const filters = splitEventFilters(type).map(parseEventFilter);
    if (!filters.every((filter) => filter !== undefined)) {
      return await this.#answer(seq, RpcFailure.invalidFilter);
    }
    if (this.#streams.has(seq)) return await this.#answer(seq, RpcFailure.streamExists);
    await this.#answer(seq);
    if (this.#closed) return;
    const feed = new RecordFeed<AgentEvent>({
      attach: (sink) =>
        this.#agent.subscribe((event) => {
          if (filters.some((filter) => matchesEvent(filter, event))) sink(event);
        }),
      send: (event) => this.#sendRecord(seq, eventRecord, this.#recordOf(event)),
      onDrop: () => this.#warnOfDrops("event"),
      onFailure: (error) => this.#logStreamFailure("event", error),
    });
    this.#streams.set(seq, feed);
  }

  #recordOf(event: AgentEvent): EventRecord {
    return event.type === "query" ? { ...event, id: this.#answerable.add(event) } : event;
  }

  async #startMonitor(seq: bigint, levelName: string): Promise<void> {
    const level = parseLogLevel(levelName);
    if (level === undefined) {
      return await this.#answer(seq, `Unknown log level: ${levelName.toUpperCase()}`);
    }
    if (this.#monitor !== undefined) return await this.#answer(seq, RpcFailure.monitorExists);
    await this.#answer(seq);
    if (this.#closed) return;
    const feed = new RecordFeed<LogLine>({
      attach: (sink) => {
        const offer = (line: LogLine) => {
          if (levelPasses(line.level, level)) sink(line);
        };
        this.#hub.lines.forEach(offer);
        return this.#hub.subscribe(offer);
      },
      send: ({ text }) => this.#sendRecord(seq, logRecord, { Log: text }),
      onDrop: () => this.#warnOfDrops("logs"),
      onFailure: (error) => this.#logStreamFailure("log", error),
    });
    this.#monitor = { seq, feed };
  }

  #stop(seq: bigint): string {
    if (this.#monitor?.seq === seq) {
      this.#monitor.feed[Symbol.dispose]();
      this.#monitor = undefined;
    }
    this.#streams.get(seq)?.[Symbol.dispose]();
    this.#streams.delete(seq);
    return "";
  }

  async #leave(seq: bigint): Promise<void> {
    this.#log("INFO", "Graceful leave triggered");
    let failure: unknown;
    try {
      await this.#agent.leave();
    } catch (error) {
      failure = error;
      this.#log("ERR", `leave failed: ${errorText(error)}`);
    }
    try {
      await this.#answer(seq, failure === undefined ? "" : failureText(failure));
    } finally {
      // Whoever got the agent to leave or close before will see to its end.
      if (!(failure instanceof ClosedError)) this.#agent.shutdown();
    }
  }

  async #startQuery(seq: bigint, body: RequestBody<"query">): Promise<void> {
    let records: Subscription<QueryRecord>;
    try {
      records = askQuery(this.#agent, body);
    } catch (error) {
      return await this.#answer(seq, failureText(error));
    }
    this.#asked.add(records);
    await this.#answer(seq);
    this.#relayRecords(seq, records).finally(() => this.#asked.delete(records));
  }

  /** Sends what comes back to a query, and at last that it is over. Never rejects. */
  async #relayRecords(seq: bigint, records: Subscription<QueryRecord>): Promise<void> {
    let sending = "query end";
    let endAt = 0;
    const send = (Type: string, From: string, Payload: Uint8Array | null) =>
      this.#sendRecord(seq, queryRecord, { Type, From, Payload });
    try {
      for await (const record of records) {
        sending = record.type;
        await send(record.type, record.from, record.type === "response" ? record.payload : null);
        endAt = performance.now() + QUERY_END_DELAY_MS;
      }
      sending = "query end";
      await pause(endAt - performance.now(), this.#ending.signal);
      if (!this.#closed) await send("done", "", null);
    } catch (error) {
      this.#logStreamFailure(sending, error);
    }
  }

  #respond({ ID: id, Payload: payload }: RequestBody<"respond">): string {
    const query = this.#answerable.find(Number(id));
    if (query === undefined) return RpcFailure.unknownQuery;
    try {
      query.respond(payload ?? new Uint8Array());
      return "";
    } catch (error) {
      return `failed to respond to key query: ${errorText(error)}`;
    }
  }

  async #answer(seq: bigint, error = ""): Promise<void> {
    this.#held.add(encodeResponseHeader({ seq, error }));
    await this.#writeHeld();
  }

  async #hold(answer: Uint8Array): Promise<void> {
    this.#held.add(answer);
    if (this.#held.isFull) await this.#writeHeld();
  }

  async #writeHeld(): Promise<void> {
    if (!this.#held.isEmpty) await this.#send(this.#held.take());
  }

  async #sendRecord<T>(seq: bigint, field: Field<T>, record: T): Promise<void> {
    await this.#send(encodeRecord(seq, field, record));
  }

  async #send(message: Uint8Array): Promise<void> {
    try {
      await this.#writer.write(message);
    } catch (cause) {
      throw new Error(`write: ${osErrorText(cause)}`, { cause });
    }
  }

  #warnOfDrops(what: "event" | "logs"): void {
    const now = performance.now();
    if (now - this.#warnedAt < DROP_WARNING_PAUSE_MS) return;
    this.#warnedAt = now;
    // Not at once: what was dropped may be a line that the hub is still handing out.
    queueMicrotask(() => this.#log("WARN", `Dropping ${what} to ${this.#client}`));
  }

  #logStreamFailure(what: string, error: unknown): void {
    this.#log("ERR", `Failed to stream ${what} to ${this.#client}: ${errorText(error)}`);
  }

  /** The end of a connection makes much fail that is not worth a line. */
  #log(level: LogLevel, text: string): void {
    if (!this.#closed) this.#hub.log(level, `agent.ipc: ${text}`);
  }
}

function evaluationFailure(cause: unknown): string {
  return `Failed to evaluate request: ${errorText(cause)}`;
}
