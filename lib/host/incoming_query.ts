/**
 * A query that waits for our answer.
 *
 * @module
 */

import { toBytes } from "../base/bytes.ts";
import type { MemberEvent, QueryEvent, UserEvent } from "../api/event.ts";

/** Sends an answer; throws if it cannot be sent. */
export type Respond = (payload: Uint8Array) => void;

/** A query of another member, or of ourselves, that is meant for us. */
export class IncomingQuery implements QueryEvent {
  /** Tells it from the other events. */
  readonly type = "query";
  /** Lamport time of the query clock. */
  readonly lTime: number;
  readonly id: number;
  /** What is asked, in the words of those who ask and answer. */
  readonly name: string;
  /** What goes with the question; `null` when nothing does. */
  readonly payload: Uint8Array | null;
  readonly sourceNode: string;
  /** When answers are no longer taken, by `performance.now()`. */
  readonly deadline: number;
  readonly #respond: Respond;

  /** Made by the instance that received the query. */
  constructor(event: QueryEvent, respond: Respond) {
    this.lTime = event.lTime;
    this.id = event.id;
    this.name = event.name;
    this.payload = event.payload;
    this.sourceNode = event.sourceNode;
    this.deadline = event.deadline;
    this.#respond = respond;
  }

  /**
   * Answers the query, once. Text is sent as UTF-8. Throws an `Error` that says `response already sent`, `response is
   * past the deadline` or `response exceeds limit of 1024 bytes`, and a `ClosedError` after a shutdown.
   */
  respond(payload: Uint8Array | string): void {
    this.#respond(toBytes(payload));
  }
}

/** What an instance delivers to its user. */
export type HostEvent = MemberEvent | UserEvent | IncomingQuery;
