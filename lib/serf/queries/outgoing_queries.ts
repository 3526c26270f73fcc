/**
 * Queries that this node sends, and the acks and responses that come back.
 *
 * @module
 */

import type { QueryParameters, QueryRecord } from "../../api/query.ts";
import type { Swim } from "../../swim/swim.ts";
import {
  QueryFlag,
  type QueryMessage,
  type QueryResponseMessage,
} from "../../wire/messages/serf_messages.ts";
import type { Broadcasts } from "../broadcasts.ts";
import type { SerfConfig } from "../config.ts";
import type { SerfContext } from "../context.ts";
import { EncodedMessage } from "../encoded_message.ts";
import type { LamportClock } from "../lamport.ts";
import { compileFilters, encodeFilters, type MemberTest } from "./filters.ts";
import type { IncomingQueries } from "./incoming_queries.ts";
import { PING_QUERY } from "../../api/internal_names.ts";
import {
  type Completion,
  QueryCollector,
  type QuerySink,
  type Reception,
} from "./query_collector.ts";

/** The oldest Serf protocol that has queries. */
const QUERY_PROTOCOL = 4;

/** Serf's default query timeout for this many members alive, in milliseconds. */
export function defaultQueryTimeout(
  { profile, queryTimeoutMult }: Pick<SerfConfig, "profile" | "queryTimeoutMult">,
  aliveCount: number,
): number {
  return profile.gossipIntervalMs * queryTimeoutMult * Math.ceil(Math.log10(aliveCount + 1));
}

/** Tells the user of a query. */
class OperationSink implements QuerySink {
  readonly operation: number;
  readonly #context: SerfContext;

  constructor(context: SerfContext, operation: number) {
    this.#context = context;
    this.operation = operation;
  }

  record(record: QueryRecord): void {
    this.#context.world.emit({ type: "query-record", id: this.operation, record });
  }

  over(): void {
    this.#context.done(this.operation);
  }
}

/** Stands for who has sent a query that is over. */
const NOBODY: QuerySink = { record() {}, over() {} };

/** Sends queries and hands what comes back to their senders. */
export class OutgoingQueries {
  readonly #context: SerfContext;
  readonly #clock: LamportClock;
  readonly #swim: Swim;
  readonly #broadcasts: Broadcasts;
  /** Handles our own queries as if they had come from another node. */
  readonly #incoming: IncomingQueries;
  /** By query id. Finished ones stay until their timeout, so that late responses are not logged as unknown. */
  readonly #running = new Map<number, QueryCollector>();

  constructor(
    context: SerfContext,
    { clock, swim, broadcasts, incoming }: {
      clock: LamportClock;
      swim: Swim;
      broadcasts: Broadcasts;
      incoming: IncomingQueries;
    },
  ) {
    this.#context = context;
    this.#clock = clock;
    this.#swim = swim;
    this.#broadcasts = broadcasts;
    this.#incoming = incoming;
  }

  /** Sends a query of the user, whose operation ends with it. Throws what {@link send} throws. */
  sendFor(
    operation: number,
    query: { name: string; payload: Uint8Array | null },
    options: QueryParameters,
  ): void {
    this.send(query, options, new OperationSink(this.#context, operation));
  }

  /**
   * Sends a query. Throws an `Error` if our protocol version has no queries or expressions cannot be compiled yet, and a
   * `RangeError` if the query is too large or its relay factor out of range.
   */
  send(
    query: { name: string; payload: Uint8Array | null },
    options: QueryParameters,
    sink: QuerySink,
  ): QueryCollector {
    const { config, expressions, world } = this.#context;
    if (!expressions.loaded && Object.keys(options.tags ?? {}).length > 0) {
      throw new Error("Cannot send query: expressions cannot be compiled yet");
    }
    if (config.protocol < QUERY_PROTOCOL) throw new Error("Feature not supported");
    const { timeoutMs: wantedMs = 0 } = options;
    const timeoutMs = wantedMs > 0 ? wantedMs : defaultQueryTimeout(config, this.#swim.aliveCount);
    const message = this.#compose(query, options, timeoutMs);
    const body = new EncodedMessage(message);
    if (body.bytes.length > config.querySizeLimit) {
      throw new RangeError(`query exceeds limit of ${config.querySizeLimit} bytes`);
    }
    const collector = new QueryCollector(message.lTime, this.#completion(message, options), sink);
    this.#running.set(message.id, collector);
    world.after(timeoutMs, { type: "query-timeout", id: message.id });
    this.#incoming.receive(message);
    this.#broadcasts.queue("query", body);
    return collector;
  }

  /** An ack or response arrived. */
  receive(response: QueryResponseMessage): void {
    const { lTime, id, from } = response;
    const collector = this.#running.get(id);
    if (collector?.lTime === lTime) return this.#count(response, collector.receive(response));
    this.#context.log(
      "WARN",
      `reply for non-running query (LTime: ${lTime}, ID: ${id}) From: ${from}`,
    );
  }

  /** A member has failed or left: no query waits for it any longer. */
  memberGone(member: string): void {
    for (const collector of this.#running.values()) collector.memberGone(member);
  }

  /** The query with this id has timed out. */
  handleTimeout(id: number): void {
    const collector = this.#running.get(id);
    this.#running.delete(id);
    collector?.finish();
  }

  #count({ flags }: QueryResponseMessage, reception: Reception): void {
    const { metrics } = this.#context.config;
    if (metrics === undefined || reception === "ignored" || reception === "failure") {
      return;
    }
    const what = (flags & QueryFlag.ack) !== 0 ? "acks" : "responses";
    metrics.count(reception === "new" ? `serf.query_${what}` : `serf.query_duplicate_${what}`);
  }

  #compose(
    { name, payload }: { name: string; payload: Uint8Array | null },
    options: QueryParameters,
    timeoutMs: number,
  ): QueryMessage {
    const relayFactor = options.relayFactor ?? 0;
    if (!Number.isInteger(relayFactor) || relayFactor < 0 || relayFactor > 255) {
      throw new RangeError(`Cannot send query: relay factor must be 0 to 255, got ${relayFactor}`);
    }
    return {
      type: "query",
      lTime: this.#clock.time,
      id: Math.floor(this.#context.world.random() * 2 ** 31),
      address: this.#context.config.address,
      sourceNode: this.#context.config.name,
      filters: encodeFilters(options),
      flags: options.requestAck ? QueryFlag.ack : 0,
      relayFactor,
      timeoutNs: Math.round(timeoutMs * 1e6),
      name,
      payload,
    };
  }

  /** See {@link QueryParameters.waitForTimeout} for the rule. */
  #completion({ name, filters }: QueryMessage, options: QueryParameters): Completion {
    const responses = name !== PING_QUERY;
    const { requestAck: acks = false, failures = false } = options;
    const members = new Set<string>();
    if (options.waitForTimeout) return { members, acks, responses, failures };
    const passes = this.#memberTest(filters);
    for (const record of this.#context.members.running()) {
      if (passes(record.name, record.tags)) members.add(record.name);
    }
    return { members, acks, responses, failures };
  }

  /** A query whose filter does not compile is for nobody: every receiver logs that and ignores it. */
  #memberTest(filters: QueryMessage["filters"]): MemberTest {
    try {
      return compileFilters(filters, this.#context.expressions.compile);
    } catch {
      return () => false;
    }
  }

  /** Whether all queries under way are those of the user. */
  get isQuiet(): boolean {
    return this.#running.values().every(({ isQuiet }) => isQuiet);
  }

  /** See {@link SerfCore.save}. */
  save() {
    return {
      running: Array.from(this.#running, ([id, query]) => ({ id, query: query.save() })),
    };
  }

  load({ running }: ReturnType<OutgoingQueries["save"]>): void {
    for (const { id, query } of running) {
      const { lTime, completion, operation } = query;
      const sink = operation === undefined ? NOBODY : new OperationSink(this.#context, operation);
      const collector = new QueryCollector(lTime, completion, sink);
      collector.load(query);
      this.#running.set(id, collector);
    }
  }
}
