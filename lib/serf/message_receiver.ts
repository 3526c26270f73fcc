/**
 * Serf messages that arrive in packets, by gossip or sent to us directly: Serf's NotifyMsg.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { errorText } from "../base/errors.ts";
import type { Opaque } from "../wire/messages/messages.ts";
import { serfMessageName } from "../wire/messages/serf_codec.ts";
import type { SerfMessage } from "../wire/messages/serf_messages.ts";
import type { BroadcastKind, Broadcasts } from "./broadcasts.ts";
import type { SerfContext } from "./context.ts";
import { messageOf } from "./encoded_message.ts";
import type { UserEvents } from "./events/user_events.ts";
import type { MemberStatuses } from "./members/member_statuses.ts";
import type { Queries } from "./queries/queries.ts";

/** The parts of Serf that messages are for. */
export interface MessageHandlers {
  readonly statuses: MemberStatuses;
  readonly userEvents: UserEvents;
  readonly queries: Queries;
}

/** Hands each message to the part that it is for, and gossips it on, byte for byte, if that part says it was news. */
export class MessageReceiver {
  readonly #context: SerfContext;
  readonly #broadcasts: Broadcasts;
  readonly #handlers: MessageHandlers;

  constructor(context: SerfContext, broadcasts: Broadcasts, handlers: MessageHandlers) {
    this.#context = context;
    this.#broadcasts = broadcasts;
    this.#handlers = handlers;
  }

  receive(from: Address, body: Opaque): void {
    this.#context.config.metrics?.sample("serf.msgs.received", body.bytes.length);
    const message = this.#read(body);
    if (message === undefined) return;
    const rebroadcast = this.#dispatch(message, body);
    const lTime = message.type === "user-event" ? message.lTime : undefined;
    const news = message.type === "join" ? "member" : undefined;
    if (rebroadcast !== undefined) this.#broadcasts.queue(rebroadcast, body, { from, lTime, news });
    else if (lTime !== undefined) this.#broadcasts.confirmEvent(lTime, body, from);
  }

  #read(body: Opaque): SerfMessage | undefined {
    try {
      return messageOf(body);
    } catch (error) {
      const name = serfMessageName(body.bytes[0]);
      if (name === undefined) this.#logUnknownType(body);
      else this.#context.log("ERR", `Error decoding ${name}: ${errorText(error)}`);
      return undefined;
    }
  }

  /** Returns the queue for gossiping the message on, or `undefined` if it ends here. */
  #dispatch(message: SerfMessage, body: Opaque): BroadcastKind | undefined {
    const { statuses, userEvents, queries } = this.#handlers;
    switch (message.type) {
      case "leave":
        this.#trace("messageLeaveType", message.node);
        return statuses.handleLeaveIntent(message) ? "intent" : undefined;
      case "join":
        this.#trace("messageJoinType", message.node);
        return statuses.handleJoinIntent(message) ? "intent" : undefined;
      case "user-event":
        this.#trace("messageUserEventType", message.name);
        return userEvents.receive(message) ? "event" : undefined;
      case "query":
        this.#trace("messageQueryType", message.name);
        return queries.incoming.receive(message) ? "query" : undefined;
      case "query-response":
        this.#trace("messageQueryResponseType", message.from);
        queries.outgoing.receive(message);
        return undefined;
      case "relay":
        queries.relay.forward(message);
        return undefined;
      case "push-pull":
      case "conflict-response":
      case "key-request":
      case "key-response":
        this.#logUnknownType(body);
        return undefined;
      default:
        return message satisfies never;
    }
  }

  /** Serf says so of everything that members do not gossip, and nothing about an empty message. */
  #logUnknownType({ bytes }: Opaque): void {
    if (bytes.length === 0) return;
    this.#context.log("WARN", `Received message of unknown type: ${bytes[0]}`);
  }

  #trace(type: string, subject: string): void {
    this.#context.log("DEBUG", `${type}: ${subject}`);
  }
}
