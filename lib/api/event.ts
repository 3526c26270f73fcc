/**
 * The events of a cluster: members that come and go, user events, and queries.
 *
 * @module
 */

import { toBytes } from "../base/bytes.ts";
import type { LamportTime } from "../base/lamport_time.ts";
import { decodeText, encodeText } from "../base/text.ts";
import type { Member } from "./member.ts";
import { parsePayload, type Payload } from "./payload.ts";

/** The types of member events, in the words of handlers and streams. */
export type MemberEventType =
  | "member-join"
  | "member-leave"
  | "member-failed"
  | "member-update"
  | "member-reap";

/** Something happened to members; coalescing may put several into one event. */
export interface MemberEvent {
  /** What happened to them. */
  readonly type: MemberEventType;
  /** Whom it happened to, as they are now. */
  readonly members: readonly Member[];
}

/** A user event: a named message that somebody sent to all members. */
export class UserEvent {
  /** Tells it from the other events. */
  readonly type = "user";
  /** Lamport time of the event clock. */
  readonly lTime: LamportTime;
  /** The name that senders and handlers have agreed on. */
  readonly name: string;
  /** What goes with it; `null` when nothing does. */
  readonly payload: Uint8Array | null;
  /** Whether the sender allowed coalescing. */
  readonly coalesce: boolean;

  /** Made by the library. */
  constructor(
    event: {
      readonly lTime: LamportTime;
      readonly name: string;
      readonly payload: Uint8Array | null;
      readonly coalesce: boolean;
    },
  ) {
    this.lTime = event.lTime;
    this.name = event.name;
    this.payload = event.payload;
    this.coalesce = event.coalesce;
  }

  /** The payload as text; empty when there is none. A byte that is not UTF-8 becomes an unpaired surrogate. */
  text(): string {
    return decodeText(this.payload);
  }

  /** The value that the payload stands for in JSON. Throws a `SyntaxError` if it is not JSON. */
  json<T = unknown>(): T {
    return parsePayload(this.payload);
  }
}

/** The longest reason of {@link QueryEvent.fail}, in bytes: the log of the member has the rest. */
const MAX_REASON_BYTES = 200;

/** A query: a question of a member, perhaps of this one, that waits for our answer. */
export class QueryEvent {
  /** Tells it from the other events. */
  readonly type = "query";
  /** Lamport time of the query clock. */
  readonly lTime: LamportTime;
  /** Tells it from other queries. Over RPC it is a number that the agent gave to this delivery. */
  readonly id: number;
  /** The name that those who ask and answer have agreed on. */
  readonly name: string;
  /** What goes with the question; `null` when nothing does. */
  readonly payload: Uint8Array | null;
  /** The member that asked. Unknown over RPC; empty if the member runs an old version of Serf. */
  readonly sourceNode?: string;
  /** When answers are no longer taken, in milliseconds of `performance.now()`. Unknown over RPC. */
  readonly deadline?: number;
  readonly #respond: (payload: Uint8Array) => void | Promise<void>;
  readonly #fail: (reason: string) => void;

  /** Made by the library. */
  constructor(
    event: {
      readonly lTime: LamportTime;
      readonly id: number;
      readonly name: string;
      readonly payload: Uint8Array | null;
      readonly sourceNode?: string;
      readonly deadline?: number;
    },
    respond: (payload: Uint8Array) => void | Promise<void>,
    fail: (reason: string) => void = () => {},
  ) {
    this.lTime = event.lTime;
    this.id = event.id;
    this.name = event.name;
    this.payload = event.payload;
    this.sourceNode = event.sourceNode;
    this.deadline = event.deadline;
    this.#respond = respond;
    this.#fail = fail;
  }

  /**
   * Answers the query, once. Rejects with an error that says `response already sent`, `response is past the deadline` or
   * `response exceeds limit of 1024 bytes`; after a shutdown with a `ClosedError`, and over RPC always with an `RpcError`.
   */
  async respond(payload: Payload): Promise<void> {
    await this.#respond(toBytes(payload) ?? new Uint8Array());
  }

  /**
   * Tells who has asked, if it wants to know, that there is no answer: in at most 200 bytes, what is longer is cut off. It
   * does not keep others from answering for this member. Over RPC it has no effect.
   */
  fail(reason: string): void {
    this.#fail(decodeText(encodeText(reason).subarray(0, MAX_REASON_BYTES)));
  }

  /** The payload as text; empty when there is none. A byte that is not UTF-8 becomes an unpaired surrogate. */
  text(): string {
    return decodeText(this.payload);
  }

  /** The value that the payload stands for in JSON. Throws a `SyntaxError` if it is not JSON. */
  json<T = unknown>(): T {
    return parsePayload(this.payload);
  }
}

/** Everything that a member of the cluster can hear of. */
export type SerfEvent = MemberEvent | UserEvent | QueryEvent;

/**
 * The words by which event handlers and subscriptions choose events: `*` is all of them, `user` and `query` may be
 * narrowed down to one name, as in `user:deploy`.
 */
export type EventType =
  | "*"
  | MemberEventType
  | "user"
  | `user:${string}`
  | "query"
  | `query:${string}`;

/** The events that an {@link EventType} stands for. */
export type EventOf<Type extends EventType> = Type extends "*" ? SerfEvent
  : Type extends MemberEventType ? MemberEvent
  : Type extends "user" | `user:${string}` ? UserEvent
  : QueryEvent;
