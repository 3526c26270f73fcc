/**
 * Messages that arrive by gossip, or are sent to us directly.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { errorText } from "../base/errors.ts";
import type { Opaque } from "../wire/messages/messages.ts";
import type { SerfMessage } from "../wire/messages/serf_messages.ts";
import type { BroadcastKind, Broadcasts } from "./broadcasts.ts";
import type { SerfContext } from "./context.ts";
import type { MemberStatuses } from "./members/member_statuses.ts";
import type { Queries } from "./queries/queries.ts";
import { messageOf } from "./encoded_message.ts";
import type { UserEvents } from "./events/user_events.ts";

/** Where messages go. */
export interface ReceiverParts {
  readonly statuses: MemberStatuses;
  readonly userEvents: UserEvents;
  readonly queries: Queries;
  readonly broadcasts: Broadcasts;
}

/** Hands each message to the part that it is for, and passes on, byte for byte, what is news. */
export class MessageReceiver {
  readonly #context: SerfContext;
  readonly #parts: ReceiverParts;

  constructor(context: SerfContext, parts: ReceiverParts) {
    this.#context = context;
    this.#parts = parts;
  }

  receive(from: Address, body: Opaque): void {
    this.#context.config.metrics?.sample("serf.msgs.received", body.bytes.length);
    const message = this.#read(body);
    if (message === undefined) return;
    const passOn = this.#dispatch(message);
    if (passOn !== undefined) this.#parts.broadcasts.queue(passOn, body, { from });
  }

  #read(body: Opaque): SerfMessage | undefined {
    try {
      return messageOf(body);
    } catch (error) {
      this.#context.log("ERR", `Error decoding message: ${errorText(error)}`);
      return undefined;
    }
  }

  /** Returns the queue that the message is to be passed on by, if it is news. */
  #dispatch(message: SerfMessage): BroadcastKind | undefined {
    const { statuses, userEvents, queries } = this.#parts;
    switch (message.type) {
      case "leave":
        this.#trace("messageLeaveType", message.node);
        return statuses.receiveLeave(message) ? "intent" : undefined;
      case "join":
        this.#trace("messageJoinType", message.node);
        return statuses.receiveJoin(message) ? "intent" : undefined;
      case "user-event":
        this.#trace("messageUserEventType", message.name);
        return userEvents.receive(message) ? "event" : undefined;
      case "query":
        this.#trace("messageQueryType", message.name);
        return queries.responder.receive(message) ? "query" : undefined;
      case "query-response":
        this.#trace("messageQueryResponseType", message.from);
        queries.asker.receive(message);
        return undefined;
      case "relay":
        queries.relay.forward(message);
        return undefined;
      case "push-pull":
      case "conflict-response":
      case "key-request":
      case "key-response":
        this.#context.log("WARN", `Received message of unknown type: ${message.type}`);
        return undefined;
      default:
        return message satisfies never;
    }
  }

  #trace(type: string, subject: string): void {
    this.#context.log("DEBUG", `${type}: ${subject}`);
  }
}
