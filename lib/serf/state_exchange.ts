/**
 * Serf's part of a full state exchange.
 *
 * @module
 */

import { errorText } from "../base/errors.ts";
import type { Opaque } from "../wire/messages/messages.ts";
import type { SerfState } from "../wire/messages/serf_messages.ts";
import type { SerfContext } from "./context.ts";
import { type LamportClock, timeAfter, timeBefore } from "./lamport.ts";
import type { MemberStatuses } from "./members/member_statuses.ts";
import type { MemberTable } from "./members/member_table.ts";
import { EncodedMessage, messageOf } from "./encoded_message.ts";
import type { UserEvents } from "./events/user_events.ts";

/** What an exchange reads and changes. */
export interface StateExchangeParts {
  readonly clock: LamportClock;
  readonly queryClock: LamportClock;
  readonly table: MemberTable;
  readonly statuses: MemberStatuses;
  readonly userEvents: UserEvents;
  /** Whether a join is under way that does not want to hear of old events. */
  ignoresOldEvents(): boolean;
}

/** Tells other nodes all that we know, and takes in what they tell us. */
export class StateExchange {
  readonly #context: SerfContext;
  readonly #parts: StateExchangeParts;

  constructor(context: SerfContext, parts: StateExchangeParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Our state as it is now. */
  localState(): EncodedMessage {
    const { clock, queryClock, table, userEvents } = this.#parts;
    const statusLTimes = new Map<string, number>();
    // Receivers take each time for that of a join. If it were that of a leave, they would miss the leave itself.
    for (const { name, status, statusLTime } of table.records()) {
      statusLTimes.set(name, status === "leaving" ? timeBefore(statusLTime) : statusLTime);
    }
    return new EncodedMessage({
      type: "push-pull",
      lTime: clock.time,
      eventLTime: userEvents.clock.time,
      queryLTime: queryClock.time,
      statusLTimes,
      leftMembers: [...table.left.keys()],
      events: userEvents.slots(),
    });
  }

  /**
   * Takes in the state of another node. It stands for the intents and events that we may have missed; none of them is
   * passed on.
   */
  merge(body: Opaque, join: boolean): void {
    const state = this.#read(body);
    if (state === undefined) return;
    this.#witness(state);
    this.#mergeStatuses(state);
    const { userEvents, ignoresOldEvents } = this.#parts;
    if (join && ignoresOldEvents()) userEvents.ignoreBefore(state.eventLTime);
    userEvents.merge(state.events);
  }

  #read(body: Opaque): SerfState | undefined {
    try {
      const message = messageOf(body);
      if (message.type === "push-pull") return message;
      this.#context.log("ERR", `Remote state has bad type prefix: ${message.type}`);
    } catch (error) {
      this.#context.log("ERR", `Failed to decode remote state: ${errorText(error)}`);
    }
    return undefined;
  }

  /** The clocks show the time of the next message, which nobody has seen yet. */
  #witness({ lTime, eventLTime, queryLTime }: SerfState): void {
    const { clock, userEvents, queryClock } = this.#parts;
    clock.witness(lTime - 1);
    userEvents.clock.witness(eventLTime - 1);
    queryClock.witness(queryLTime - 1);
  }

  /**
   * Leaves come first, so that they are not too old for the times that come after. When exactly a member left is not
   * known, but it must have been accepted after the last intent before that.
   */
  #mergeStatuses({ leftMembers, statusLTimes }: SerfState): void {
    const { statuses } = this.#parts;
    const left = new Set(leftMembers);
    for (const node of left) {
      const lTime = timeAfter(statusLTimes.get(node) ?? 0);
      statuses.receiveLeave({ type: "leave", lTime, node, prune: false });
    }
    for (const [node, lTime] of statusLTimes) {
      if (!left.has(node)) statuses.receiveJoin({ type: "join", lTime, node });
    }
  }
}
