/**
 * One client as the server knows it: whether it may give commands, and the streams, the monitor and the queries that it
 * has started. Serf's `IPCClient` holds the same.
 *
 * @module
 */

import { encodeText } from "../../base/text.ts";
import type { QueryEvent, SerfEvent } from "../../api/event.ts";
import { type EventFilter, matchesEvent } from "../../api/event_filter.ts";
import type { QueryRecord } from "../../api/query.ts";
import { errorText } from "../../base/errors.ts";
import { levelPasses, type LogLevel } from "../../base/log.ts";
import { sameSecret } from "../same_secret.ts";
import type { Subscription } from "../../base/subscription.ts";
import { delay } from "../../base/timer.ts";
import { eventRecord, type StreamedEvent } from "../event_record.ts";
import { encodeRecord, logRecord, queryRecord } from "../protocol.ts";
import { PendingQueries } from "./pending_queries.ts";
import { RecordStream } from "./record_stream.ts";
import type { ResponseWriter } from "./response_writer.ts";
import type { LogLine, MonitoredLog, RpcAgent } from "./rpc_agent.ts";

/** The client's address, and the agent that it is connected to. */
export interface ClientOptions {
  readonly agent: RpcAgent;
  readonly log: MonitoredLog;
  /** The token that every command but the handshake needs; empty if none is needed. */
  readonly authKey: string;
  /** How long a client with a wrong token waits for its answer. Default: 1 s. */
  readonly failedAuthDelayMs?: number;
  /** The client's `IP:PORT`, for the log. */
  readonly address: string;
}

/**
 * How long a client is not warned of again after a warning about dropped records. The warnings reach monitors too: a
 * monitor that does not keep up would drop the warning and cause the next one.
 */
const DROP_WARNING_INTERVAL_MS = 10_000;

/**
 * How long the end of a query is held back after its last record. Serf's agents end a query at its deadline, long after
 * the last record, so Serf's command line may discard records that arrive together with the end. Our agents end a query
 * as soon as everybody has answered.
 */
const QUERY_END_DELAY_MS = 100;

/** Keeps others from trying many tokens. */
const FAILED_AUTH_DELAY_MS = 1_000;

/** What one client is, and what it has started. */
export class Client {
  readonly agent: RpcAgent;
  /** Whether the handshake is done. */
  handshaken = false;
  /** Whether the client has sent the token, or needs none. */
  authenticated: boolean;
  readonly #authKey: string;
  readonly #log: MonitoredLog;
  readonly #address: string;
  readonly #failedAuthDelayMs: number;
  readonly #name: string;
  readonly #writer: ResponseWriter;
  readonly #streams = new Map<bigint, RecordStream<SerfEvent>>();
  #monitor?: { readonly seq: bigint; readonly stream: RecordStream<LogLine> };
  /** Queries that the client has asked. */
  readonly #asked = new Set<Subscription<QueryRecord>>();
  /** Queries that the client may answer. */
  readonly #pending = new PendingQueries();
  readonly #closing = new AbortController();
  #warnedAt = -Infinity;

  constructor(options: ClientOptions, writer: ResponseWriter) {
    const { agent, log, authKey, failedAuthDelayMs = FAILED_AUTH_DELAY_MS, address } = options;
    this.agent = agent;
    this.authenticated = authKey === "";
    this.#authKey = authKey;
    this.#log = log;
    this.#address = address;
    this.#failedAuthDelayMs = failedAuthDelayMs;
    this.#name = `ipc.client: ${address}`;
    this.#writer = writer;
    writer.addRecords = () => {
      for (const stream of this.#streams.values()) stream.moveTo(writer.batch);
    };
  }

  /** Whether the connection has ended. */
  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Whether the client may give all commands. */
  get admitted(): boolean {
    return this.handshaken && this.authenticated;
  }

  /** Compares a token with the one that is needed; resolves to whether it is that, and late if it is not. */
  async authenticate(token: string): Promise<boolean> {
    if (sameSecret(token, this.#authKey)) return this.authenticated = true;
    this.log("WARN", `Failed authentication from client: ${this.#address}`);
    await delay(this.#failedAuthDelayMs, this.#closing.signal);
    return false;
  }

  /** Whether a stream was started under this number. */
  hasStream(seq: bigint): boolean {
    return this.#streams.has(seq);
  }

  /** Whether there is a monitor. */
  get hasMonitor(): boolean {
    return this.#monitor !== undefined;
  }

  /** Begins to send the events that one of the filters matches. */
  startStream(seq: bigint, filters: readonly EventFilter[]): void {
    if (this.closed) return;
    const stream = new RecordStream<SerfEvent>({
      subscribe: (listener) =>
        this.agent.subscribe((event) => {
          if (filters.some((filter) => matchesEvent(filter, event))) listener(event);
        }),
      encode: (event) => encodeRecord(seq, eventRecord, this.#recordOf(event)),
      write: (records) => this.#writer.write(records),
      onDrop: () => this.#warnOfDrops("event"),
      onFailure: (error) => this.#logFailure("event", error),
    });
    this.#streams.set(seq, stream);
  }

  /** Begins to send the log from a level upward: first the lines that the agent has kept. */
  startMonitor(seq: bigint, level: LogLevel): void {
    if (this.closed) return;
    const stream = new RecordStream<LogLine>({
      subscribe: (listener) => {
        const filtered = (line: LogLine) => {
          if (levelPasses(line.level, level)) listener(line);
        };
        this.#log.lines.forEach(filtered);
        return this.#log.subscribe(filtered);
      },
      encode: ({ text }) => encodeRecord(seq, logRecord, { Log: text }),
      write: (records) => this.#writer.write(records),
      onDrop: () => this.#warnOfDrops("logs"),
      onFailure: (error) => this.#logFailure("log", error),
    });
    this.#monitor = { seq, stream };
  }

  /** Ends the stream and the monitor that were started under this number. */
  stop(seq: bigint): void {
    if (this.#monitor?.seq === seq) {
      this.#monitor.stream[Symbol.dispose]();
      this.#monitor = undefined;
    }
    this.#streams.get(seq)?.[Symbol.dispose]();
    this.#streams.delete(seq);
  }

  /** Sends what comes back to a query that the client has asked, and at last that the query is over. */
  async sendQueryRecords(seq: bigint, records: Subscription<QueryRecord>): Promise<void> {
    if (this.closed) return records[Symbol.dispose]();
    this.#asked.add(records);
    let sending = "query end";
    let endAt = 0;
    const send = (Type: string, From: string, Payload: Uint8Array | null) =>
      this.#writer.write(encodeRecord(seq, queryRecord, { Type, From, Payload }));
    try {
      for await (const record of records) {
        sending = record.type;
        await send(record.type, record.from, payloadOf(record));
        endAt = performance.now() + QUERY_END_DELAY_MS;
      }
      sending = "query end";
      await delay(endAt - performance.now(), this.#closing.signal);
      if (!this.closed) await send("done", "", null);
    } catch (error) {
      this.#logFailure(sending, error);
    } finally {
      this.#asked.delete(records);
    }
  }

  /** The query that was sent in a stream under this id; `undefined` if there is none or its time is over. */
  pendingQuery(id: bigint): QueryEvent | undefined {
    return this.#pending.find(Number(id));
  }

  /** Writes a line to the agent's log, unless the connection has ended: failures after that are no news. */
  log(level: LogLevel, text: string): void {
    if (!this.closed) this.#log.write(level, `agent.ipc: ${text}`);
  }

  /** Ends all that the client has started. */
  close(): void {
    this.#closing.abort();
    this.#monitor?.stream[Symbol.dispose]();
    for (const stream of this.#streams.values()) stream[Symbol.dispose]();
    for (const records of [...this.#asked]) records[Symbol.dispose]();
  }

  #recordOf(event: SerfEvent): StreamedEvent {
    if (event.type !== "query") return event;
    const { type, lTime, name, payload } = event;
    return { type, id: this.#pending.add(event), lTime, name, payload };
  }

  #warnOfDrops(what: "event" | "logs"): void {
    const now = performance.now();
    if (now - this.#warnedAt < DROP_WARNING_INTERVAL_MS) return;
    this.#warnedAt = now;
    // Not at once: what was dropped may be a line that the log is still handing to its subscribers.
    queueMicrotask(() => this.log("WARN", `Dropping ${what} to ${this.#name}`));
  }

  #logFailure(what: string, error: unknown): void {
    this.log("ERR", `Failed to stream ${what} to ${this.#name}: ${errorText(error)}`);
  }
}

function payloadOf(record: QueryRecord): Uint8Array | null {
  if (record.type === "failure") return encodeText(record.reason);
  return record.type === "response" ? record.payload : null;
}
