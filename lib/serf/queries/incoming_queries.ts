/**
 * Queries that arrive: recognising them, acknowledging them, and answering them once.
 *
 * @module
 */

import { errorText } from "../../base/errors.ts";
import {
  QueryFlag,
  type QueryMessage,
  type QueryResponseMessage,
} from "../../wire/messages/serf_messages.ts";
import type { SerfContext } from "../context.ts";
import type { IncomingQuery } from "../output.ts";
import { compileFilters } from "./filters.ts";
import type { LamportClock } from "../lamport.ts";
import { RecentMessages } from "../events/recent_messages.ts";
import type { ResponseRelay, SendUser } from "./response_relay.ts";
import { EncodedMessage } from "../encoded_message.ts";

/** A query that is meant for us, for as long as it may be answered. */
export interface OpenQuery {
  readonly message: QueryMessage;
  /** When it is too late to answer, world milliseconds. */
  readonly deadline: number;
  answered: boolean;
}

/** Queries that wait for an answer. How long is up to the asker, so the oldest make room for new ones. */
const OPEN_LIMIT = 4_096;

/** What responding needs of the other parts. */
export interface ResponderParts {
  readonly clock: LamportClock;
  /** Queries before that time are ignored. */
  readonly minTime: number;
  readonly relay: ResponseRelay;
  readonly send: SendUser;
  /** Our tags, for the filters. */
  tags(): Readonly<Record<string, string>>;
  /** Takes a query that is meant for us. */
  deliver(query: OpenQuery): void;
}

/** Handles the queries of others, and our own as far as they are meant for ourselves too. */
export class IncomingQueries {
  readonly #context: SerfContext;
  readonly #parts: ResponderParts;
  /** Ids of recent queries. */
  readonly #recent: RecentMessages<number>;
  readonly #open = new Map<string, OpenQuery>();

  constructor(context: SerfContext, parts: ResponderParts) {
    this.#context = context;
    this.#parts = parts;
    this.#recent = new RecentMessages(context.config.queryBuffer, (a, b) => a === b);
  }

  /** Handles a query; returns whether it is news and to be passed on. */
  receive(message: QueryMessage): boolean {
    const { lTime, id, name } = message;
    const { clock, minTime } = this.#parts;
    clock.witness(lTime);
    if (lTime < minTime) return false;
    if (this.#recent.isTooOld(lTime, clock.time)) {
      const current = clock.time;
      this.#context.log(
        "WARN",
        `received old query ${name} from time ${lTime} (current: ${current})`,
      );
      return false;
    }
    if (!this.#recent.add(lTime, id)) return false;
    this.#count(name);
    if (this.#isForUs(message)) {
      if (message.flags & QueryFlag.ack) this.#acknowledge(message);
      const deadline = this.#context.world.now + message.timeoutNs / 1e6;
      this.#parts.deliver({ message, deadline, answered: false });
    }
    return (message.flags & QueryFlag.noBroadcast) === 0;
  }

  #count(name: string): void {
    const { metrics } = this.#context.config;
    metrics?.count("serf.queries");
    metrics?.count(`serf.queries.${name}`);
  }

  /** Makes a query answerable by {@link respond}, and describes it to the user. */
  publish(query: OpenQuery): IncomingQuery {
    this.#makeRoom();
    const { lTime, id, name, payload, sourceNode } = query.message;
    this.#open.set(keyOf(query.message), query);
    return { type: "query", lTime, id, name, payload, sourceNode, deadline: query.deadline };
  }

  /** Answers a published query; see {@link answer} for the errors. */
  respond(query: { lTime: number; id: number }, payload: Uint8Array): void {
    const open = this.#open.get(keyOf(query));
    if (open === undefined) throw new Error("response is past the deadline");
    this.answer(open, payload);
  }

  /**
   * Sends our answer, directly and through helpers. Throws a `RangeError` if it is too large (a copy for the helpers is
   * larger; if only that is, the direct answer has been sent), and an `Error` if we have answered already or it is too
   * late.
   */
  answer(query: OpenQuery, payload: Uint8Array): void {
    const response = this.#response(query.message, payload);
    const limit = this.#context.config.queryResponseSizeLimit;
    if (response.bytes.length > limit) {
      throw new RangeError(`response exceeds limit of ${limit} bytes`);
    }
    if (query.answered) throw new Error("response already sent");
    if (this.#context.world.now > query.deadline) throw new Error("response is past the deadline");
    query.answered = true;
    this.#parts.send(query.message.address, response);
    this.#parts.relay.copy(response, query.message);
  }

  /** Whether an answer with that payload is small enough. */
  fits(query: OpenQuery, payload: Uint8Array): boolean {
    const { bytes } = this.#response(query.message, payload);
    return bytes.length <= this.#context.config.queryResponseSizeLimit;
  }

  #isForUs({ filters }: QueryMessage): boolean {
    if (filters === null) return true;
    try {
      return compileFilters(filters)(this.#context.config.name, this.#parts.tags());
    } catch (error) {
      this.#context.log("WARN", errorText(error));
      return false;
    }
  }

  #acknowledge(query: QueryMessage): void {
    const ack = new EncodedMessage({ ...this.#header(query), flags: QueryFlag.ack, payload: null });
    this.#parts.send(query.address, ack);
    try {
      this.#parts.relay.copy(ack, query);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#context.log("ERR", `failed to relay ack: ${error.message}`);
    }
  }

  #response(query: QueryMessage, payload: Uint8Array): EncodedMessage {
    return new EncodedMessage({ ...this.#header(query), flags: 0, payload });
  }

  #header({ lTime, id }: QueryMessage): Omit<QueryResponseMessage, "flags" | "payload"> {
    return { type: "query-response", lTime, id, from: this.#context.config.name };
  }

  /** Drops what nobody can answer any more from the old end, and the oldest if there are too many. */
  #makeRoom(): void {
    const { now } = this.#context.world;
    for (const [key, { deadline }] of this.#open) {
      if (deadline >= now && this.#open.size < OPEN_LIMIT) return;
      this.#open.delete(key);
    }
  }
}

function keyOf({ lTime, id }: { lTime: number; id: number }): string {
  return `${lTime}/${id}`;
}
