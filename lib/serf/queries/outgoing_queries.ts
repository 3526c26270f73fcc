/**
 * Asking queries.
 *
 * @module
 */

import {
  QueryFlag,
  type QueryMessage,
  type QueryResponseMessage,
} from "../../wire/messages/serf_messages.ts";
import type { Broadcasts } from "../broadcasts.ts";
import type { SerfContext } from "../context.ts";
import type { QueryParameters } from "../../api/query.ts";
import type { SerfConfig } from "../config.ts";
import { compileFilters, encodeFilters, type MemberTest } from "./filters.ts";
import { PING_QUERY } from "./internal/internal_query.ts";
import type { LamportClock } from "../lamport.ts";
import type { MemberTable } from "../members/member_table.ts";
import {
  type Completion,
  QueryCollector,
  type QuerySink,
  type Reception,
} from "./query_collector.ts";
import { EncodedMessage } from "../encoded_message.ts";

/** The oldest Serf protocol that has queries. */
const QUERY_PROTOCOL = 4;

/** How long answers are taken by default, milliseconds, with so many nodes alive. */
export function defaultQueryTimeout(
  { profile, queryTimeoutMult }: Pick<SerfConfig, "profile" | "queryTimeoutMult">,
  aliveCount: number,
): number {
  return profile.gossipIntervalMs * queryTimeoutMult * Math.ceil(Math.log10(aliveCount + 1));
}

/** What asking needs of the other parts. */
export interface AskerParts {
  readonly clock: LamportClock;
  readonly table: MemberTable;
  readonly broadcasts: Broadcasts;
  /** How many nodes the membership layer believes alive, ourselves included. */
  aliveCount(): number;
  /** Handles our own query as if it had come from the network. */
  handleLocally(query: QueryMessage): void;
}

/** Sends queries and hands what comes back to those who asked. */
export class OutgoingQueries {
  readonly #context: SerfContext;
  readonly #parts: AskerParts;
  /** By id. Finished ones stay until their timeout, so that late answers are no surprise. */
  readonly #running = new Map<number, QueryCollector>();

  constructor(context: SerfContext, parts: AskerParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /**
   * Sends a query. Throws an `Error` if our protocol version has none, and a `RangeError` if it is too large or the relay
   * factor out of range.
   */
  ask(
    query: { name: string; payload: Uint8Array | null },
    options: QueryParameters,
    sink: QuerySink,
  ): QueryCollector {
    const { config, world } = this.#context;
    if (config.protocol < QUERY_PROTOCOL) throw new Error("Feature not supported");
    const { timeoutMs: wantedMs = 0 } = options;
    const timeoutMs = wantedMs > 0
      ? wantedMs
      : defaultQueryTimeout(config, this.#parts.aliveCount());
    const message = this.#compose(query, options, timeoutMs);
    const body = new EncodedMessage(message);
    if (body.bytes.length > config.querySizeLimit) {
      throw new RangeError(`query exceeds limit of ${config.querySizeLimit} bytes`);
    }
    const collector = new QueryCollector(message.lTime, this.#completion(message, options), sink);
    this.#running.set(message.id, collector);
    world.after(timeoutMs, { type: "query-over", id: message.id });
    this.#parts.handleLocally(message);
    this.#parts.broadcasts.queue("query", body);
    return collector;
  }

  /** An ack or answer arrived. */
  receive(response: QueryResponseMessage): void {
    const { lTime, id, from } = response;
    const collector = this.#running.get(id);
    if (collector?.lTime === lTime) return this.#count(response, collector.receive(response));
    this.#context.log(
      "WARN",
      `reply for non-running query (LTime: ${lTime}, ID: ${id}) From: ${from}`,
    );
  }

  /** A member has failed or left, and no query waits for it any more. */
  excuse(member: string): void {
    for (const collector of this.#running.values()) collector.excuse(member);
  }

  /** The query of that id has had its time. */
  handleTimeout(id: number): void {
    const collector = this.#running.get(id);
    this.#running.delete(id);
    collector?.finish();
  }

  #count({ flags }: QueryResponseMessage, reception: Reception): void {
    const { metrics } = this.#context.config;
    if (metrics === undefined || reception === "ignored") return;
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
      lTime: this.#parts.clock.time,
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
    const answers = name !== PING_QUERY;
    const acks = options.requestAck ?? false;
    const members = new Set<string>();
    if (options.waitForTimeout) return { members, acks, answers };
    const passes = this.#memberTest(filters);
    for (const record of this.#parts.table.running()) {
      if (passes(record.name, record.tags)) members.add(record.name);
    }
    return { members, acks, answers };
  }

  /** An expression that does not compile is for nobody; those who receive it log that. */
  #memberTest(filters: QueryMessage["filters"]): MemberTest {
    try {
      return compileFilters(filters);
    } catch {
      return () => false;
    }
  }
}
