/**
 * Responding to queries that we have received: the ack, and one response.
 *
 * @module
 */

import type { LamportTime } from "../../base/lamport_time.ts";
import { encodeText } from "../../base/text.ts";
import type { Swim } from "../../swim/swim.ts";
import {
  QueryFlag,
  type QueryMessage,
  type QueryResponseMessage,
} from "../../wire/messages/serf_messages.ts";
import type { SerfContext } from "../context.ts";
import { EncodedMessage } from "../encoded_message.ts";
import type { IncomingQuery } from "../output.ts";
import type { ResponseRelay } from "./response_relay.ts";

/** A query for us, as long as it may be responded to. */
export interface OpenQuery {
  readonly message: QueryMessage;
  /** From then on it is too late for a response, in the world's milliseconds. */
  readonly deadline: number;
  responded: boolean;
}

/**
 * How many of the user's queries are kept for a response; beyond it the oldest is dropped. The sender decides how long
 * they stay open, so without a bound a flood of queries with long timeouts could take all memory. The number is not
 * tuned; it is that of a full broadcast queue.
 */
const MAX_OPEN_QUERIES = 4_096;

/** Sends acks and responses. */
export class QueryResponder {
  readonly #context: SerfContext;
  readonly #relay: ResponseRelay;
  readonly #swim: Swim;
  /** Queries that the user may respond to, the oldest first. */
  #open = new Map<string, OpenQuery>();

  constructor(context: SerfContext, { relay, swim }: { relay: ResponseRelay; swim: Swim }) {
    this.#context = context;
    this.#relay = relay;
    this.#swim = swim;
  }

  /** Acknowledges a query, directly and through relays. */
  acknowledge(query: QueryMessage): void {
    const ack = new EncodedMessage({ ...this.#header(query), flags: QueryFlag.ack, payload: null });
    this.#swim.sendUser(query.address, ack);
    try {
      this.#relay.send(ack, query);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#context.log("ERR", `failed to relay ack: ${error.message}`);
    }
  }

  /** Keeps a query for {@link respond}, and returns it as it is told to the host. */
  open(query: OpenQuery): IncomingQuery {
    this.#makeRoom();
    const { lTime, id, name, payload, sourceNode } = query.message;
    this.#open.set(keyOf(query.message), query);
    return { type: "query", lTime, id, name, payload, sourceNode, deadline: query.deadline };
  }

  /** Responds to a query that was kept. Throws like {@link respondTo}. */
  respond(query: { lTime: LamportTime; id: number }, payload: Uint8Array): void {
    const open = this.#open.get(keyOf(query));
    if (open === undefined) throw new Error("response is past the deadline");
    this.respondTo(open, payload);
  }

  /**
   * Sends a response, directly and through relays. Throws a `RangeError` if it is too large, and an `Error` if there was
   * a response already or the deadline is over. Copies for relays are larger than the response: if only they are too
   * large, the response has been sent when this throws.
   */
  respondTo(query: OpenQuery, payload: Uint8Array): void {
    const response = this.#encode(query.message, payload);
    const limit = this.#context.config.queryResponseSizeLimit;
    if (response.bytes.length > limit) {
      throw new RangeError(`response exceeds limit of ${limit} bytes`);
    }
    if (query.responded) throw new Error("response already sent");
    if (this.#context.world.now > query.deadline) throw new Error("response is past the deadline");
    query.responded = true;
    this.#swim.sendUser(query.message.address, response);
    this.#relay.send(response, query.message);
  }

  /**
   * Tells who has asked for acks that there is no response: by a second ack with the reason as payload. Serf's members
   * ignore second acks. Does nothing if the query is not kept any longer, or was responded to.
   */
  fail(query: { lTime: LamportTime; id: number }, reason: string): void {
    const open = this.#open.get(keyOf(query));
    if (open === undefined || open.responded || this.#context.world.now > open.deadline) return;
    const { message } = open;
    if ((message.flags & QueryFlag.ack) === 0) return;
    const payload = encodeText(reason);
    const header = this.#header(message);
    this.#swim.sendUser(
      message.address,
      new EncodedMessage({ ...header, flags: QueryFlag.ack, payload }),
    );
  }

  /** Whether a response with this payload is small enough. */
  fits(query: OpenQuery, payload: Uint8Array): boolean {
    const { bytes } = this.#encode(query.message, payload);
    return bytes.length <= this.#context.config.queryResponseSizeLimit;
  }

  #encode(query: QueryMessage, payload: Uint8Array): EncodedMessage {
    return new EncodedMessage({ ...this.#header(query), flags: 0, payload });
  }

  #header({ lTime, id }: QueryMessage): Omit<QueryResponseMessage, "flags" | "payload"> {
    return { type: "query-response", lTime, id, from: this.#context.config.name };
  }

  /** Drops the oldest queries while their deadline is over or there are too many. */
  #makeRoom(): void {
    const { now } = this.#context.world;
    for (const [key, { deadline }] of this.#open) {
      if (deadline >= now && this.#open.size < MAX_OPEN_QUERIES) return;
      this.#open.delete(key);
    }
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { open: this.#open };
  }

  load({ open }: ReturnType<QueryResponder["save"]>): void {
    this.#open = open;
  }
}

function keyOf({ lTime, id }: { lTime: LamportTime; id: number }): string {
  return `${lTime}/${id}`;
}
