/**
 * Serf's part of a push/pull: memberlist's LocalState and MergeRemoteState.
 *
 * @module
 */

import type { LamportTime } from "../base/lamport_time.ts";
import { errorText } from "../base/errors.ts";
import type { Opaque } from "../wire/messages/messages.ts";
import { SerfType } from "../wire/messages/serf_codec.ts";
import { decodeStateInSteps } from "../wire/messages/state_codec.ts";
import type { SerfState } from "../wire/messages/serf_messages.ts";
import type { SerfContext } from "./context.ts";
import { EncodedMessage, messageOf } from "./encoded_message.ts";
import type { UserEvents } from "./events/user_events.ts";
import { type LamportClock, timeBefore } from "./lamport.ts";
import type { Joiner } from "./members/joiner.ts";
import type { MemberStatuses } from "./members/member_statuses.ts";

/** How many statuses are merged in a step: that takes 5 to 60 microseconds. */
const STATUSES_PER_STEP = 32;

/** Tells other nodes all that we know, and merges what they tell us. */
export class StateExchange {
  readonly #context: SerfContext;
  readonly #statuses: MemberStatuses;
  readonly #userEvents: UserEvents;
  readonly #queryClock: LamportClock;
  readonly #joiner: Joiner;

  constructor(
    context: SerfContext,
    { statuses, userEvents, queryClock, joiner }: {
      statuses: MemberStatuses;
      userEvents: UserEvents;
      queryClock: LamportClock;
      joiner: Joiner;
    },
  ) {
    this.#context = context;
    this.#statuses = statuses;
    this.#userEvents = userEvents;
    this.#queryClock = queryClock;
    this.#joiner = joiner;
  }

  /** Our state as it is now. */
  localState(): EncodedMessage {
    const { clock, members } = this.#context;
    const statusLTimes = new Map<string, LamportTime>();
    // Receivers take each time for that of a join. With the time of a leave intent they would refuse the intent itself.
    for (const { name, status, statusLTime } of members.records()) {
      statusLTimes.set(name, status === "leaving" ? timeBefore(statusLTime) : statusLTime);
    }
    return new EncodedMessage({
      type: "push-pull",
      lTime: clock.time,
      eventLTime: this.#userEvents.clock.time,
      queryLTime: this.#queryClock.time,
      statusLTimes,
      leftMembers: [...members.left.keys()],
      events: this.#userEvents.slots(),
    });
  }

  /**
   * Merges the state of another node, in steps: intents and events that we have missed. None of them is gossiped on. Nothing
   * is merged of a state that cannot be decoded.
   */
  *merge(body: Opaque, join: boolean): Generator<undefined> {
    const remote = yield* this.#read(body);
    if (remote === undefined) return;
    // A clock shows the time of the next message, which does not exist yet: hence the time before.
    this.#context.clock.witness(timeBefore(remote.lTime));
    this.#queryClock.witness(timeBefore(remote.queryLTime));
    const isBelieved = this.#userEvents.clock.witness(timeBefore(remote.eventLTime));
    if (isBelieved && join && this.#joiner.ignoresOldEvents) {
      this.#userEvents.ignoreBefore(remote.eventLTime);
    }
    yield* this.#mergeStatuses(remote);
    yield* this.#userEvents.merge(remote.events, { join });
  }

  *#read(body: Opaque): Generator<undefined, SerfState | undefined, undefined> {
    try {
      if (!(body instanceof EncodedMessage) && body.bytes[0] === SerfType.pushPull) {
        return yield* decodeStateInSteps(body.bytes);
      }
      const message = messageOf(body);
      if (message.type === "push-pull") return message;
      this.#context.log("ERR", `Remote state has bad type prefix: ${body.bytes[0]}`);
    } catch (error) {
      const [type] = body.bytes;
      if (type === undefined) this.#context.log("ERR", "Remote state is zero bytes");
      else if (type === SerfType.pushPull) {
        this.#context.log("ERR", `Failed to decode remote state: ${errorText(error)}`);
      } else this.#context.log("ERR", `Remote state has bad type prefix: ${type}`);
    }
    return undefined;
  }

  /** Leaves come first, or else the join times would make them look old. */
  *#mergeStatuses({ leftMembers, statusLTimes }: SerfState): Generator<undefined> {
    const left = new Set(leftMembers);
    let merged = 0;
    for (const node of left) {
      if (++merged % STATUSES_PER_STEP === 0) yield;
      this.#statuses.handleLeft(node, statusLTimes.get(node) ?? 0);
    }
    for (const [node, lTime] of statusLTimes) {
      if (++merged % STATUSES_PER_STEP === 0) yield;
      if (!left.has(node)) this.#statuses.handleJoinIntent({ type: "join", lTime, node });
    }
  }
}
