/**
 * User events: sending them at the pace of gossip, and delivering each one once.
 *
 * @module
 */

import type { LamportTime } from "../../base/lamport_time.ts";
import { UserEvent } from "../../api/event.ts";
import { equalBytes } from "../../base/bytes.ts";
import { RateLimiter } from "../../base/rate_limiter.ts";
import { encodedLength } from "../../base/text.ts";
import type { EventSlot, UserEventMessage } from "../../wire/messages/serf_messages.ts";
import type { Broadcasts } from "../broadcasts.ts";
import type { SerfCoreOptions } from "../config.ts";
import type { SerfContext } from "../context.ts";
import { EncodedMessage } from "../encoded_message.ts";
import { LamportClock, laterTime } from "../lamport.ts";
import type { EventDelivery } from "./event_delivery.ts";
import { RecentMessages } from "./recent_messages.ts";

/** The largest possible `userEventSizeLimit`, in bytes (Serf's `UserEventSizeLimit`). */
export const MAX_USER_EVENT_SIZE = 9 * 1024;

/**
 * What the event buffer may take, and with it a push/pull carry, in bytes. It is a thousand events of the largest size, where
 * Serf's own queue holds 4,096 of 512 bytes.
 */
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;
/** What an event in the buffer takes beside name and payload, roughly, in bytes. */
const EVENT_OVERHEAD = 128;
/** At most one line about events that are too large is logged in this time, milliseconds. */
const WARNING_INTERVAL_MS = 1_000;

/**
 * New events of ours wait while this share of the event buffer is queued for gossip. A receiver takes an event for too
 * old when it has seen one that is a whole buffer later, so events in transit must span less than the buffer.
 *
 * In simulated bursts of 2,000 events among five nodes, receivers find events too old from a whole buffer on. With half
 * a buffer and 10 % loss, twice as many events are out of order as with a quarter (15 and 8 %); with an eighth, a burst
 * takes half as long again (0.37 and 0.25 s).
 */
const MAX_QUEUED_SHARE = 1 / 4;
/**
 * How often we check whether there is room for waiting events, in milliseconds. In the same bursts, 20 ms let the queue
 * run empty (0.45 s), and 1 ms is not faster.
 */
const PENDING_CHECK_MS = 5;

/** How many events of an exchange are merged in a step: that takes 5 to 60 microseconds. */
const EVENTS_PER_STEP = 8;

type BufferedEvent = EventSlot["events"][number];

/** A user event without a Lamport time. */
type Draft = Pick<UserEventMessage, "name" | "payload" | "coalesce">;

/** An event of ours with its Lamport time. */
interface OwnEvent {
  readonly message: UserEventMessage;
  readonly body: EncodedMessage;
}

/** The user events of one node. */
export class UserEvents {
  readonly clock: LamportClock;
  readonly #context: SerfContext;
  readonly #broadcasts: Broadcasts;
  readonly #delivery: EventDelivery;
  readonly #recent: RecentMessages<BufferedEvent>;
  readonly #warnings = new RateLimiter(WARNING_INTERVAL_MS);
  /** Events from before this time are ignored. */
  #minTime: LamportTime;
  #counted: { name: string; metric: `serf.events.${string}` } = {
    name: "",
    metric: "serf.events.",
  };
  /** Events of ours that wait to be sent, the oldest first. */
  #pending: Draft[] = [];

  constructor(
    context: SerfContext,
    { broadcasts, delivery }: { broadcasts: Broadcasts; delivery: EventDelivery },
    { snapshot }: Pick<SerfCoreOptions, "snapshot">,
  ) {
    this.#context = context;
    this.#broadcasts = broadcasts;
    this.#delivery = delivery;
    this.clock = new LamportClock(snapshot?.eventClock, context);
    this.#minTime = snapshot === undefined ? 0 : this.clock.time;
    this.#recent = new RecentMessages(context.config.eventBuffer, isSameEvent, {
      bytes: MAX_BUFFERED_BYTES,
      sizeOf: sizeOfEvent,
    });
  }

  /**
   * Sends an event, now or when there is room. Throws a `RangeError` if it is too large, and an `Error` if as many
   * events wait as a queue may hold.
   */
  send(event: Draft): void {
    const own = this.#checkSize(event);
    if (this.#pending.length === 0 && this.#hasRoom) return this.#publish(own);
    const { maxQueueDepth } = this.#context.config;
    if (this.#pending.length >= maxQueueDepth) {
      throw new Error(`user event refused: ${maxQueueDepth} others wait to be sent`);
    }
    this.#pending.push(event);
    if (this.#pending.length === 1) this.#checkPendingLater();
  }

  /** How many events of ours wait to be sent. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  /** Sends waiting events, as far as there is room. */
  sendPending(): void {
    let sent = 0;
    while (sent < this.#pending.length && this.#hasRoom) {
      this.#publish(this.#stamp(this.#pending[sent++]));
    }
    this.#pending = this.#pending.slice(sent);
    if (this.#pending.length > 0) this.#checkPendingLater();
  }

  /** Sends all waiting events, whether there is room or not. */
  flushPending(): void {
    for (const event of this.#pending.splice(0)) this.#publish(this.#stamp(event));
  }

  /** Returns whether the event was news and is to be gossiped on. */
  receive({ lTime, name, payload, coalesce }: UserEventMessage): boolean {
    const event = { name, payload };
    if (!this.#isRecent(lTime, event)) return false;
    if (!this.#add(lTime, event)) {
      this.#delivery.decideCoalescing(name, coalesce);
      return false;
    }
    this.#delivery.deliverUserEvent(new UserEvent({ lTime, name, payload, coalesce }));
    return true;
  }

  /** From now on events from before this time are ignored. */
  ignoreBefore(lTime: LamportTime): void {
    this.#minTime = laterTime(this.#minTime, lTime);
  }

  /** The event buffer, for a push/pull: recent events, some of which the other node may have missed. */
  slots(): (EventSlot | null)[] {
    const slots: (EventSlot | null)[] = new Array(this.#context.config.eventBuffer).fill(null);
    for (const [index, { lTime, items }] of this.#recent.slots()) {
      slots[index] = { lTime, events: items };
    }
    return slots;
  }

  /**
   * Delivers those events of another node's buffer that we have missed, in steps. With `join`, one of us joins the other.
   */
  *merge(
    slots: readonly (EventSlot | null)[],
    { join }: { join: boolean },
  ): Generator<undefined> {
    let merged = 0;
    for (const slot of slots) {
      if (slot === null) continue;
      const { lTime } = slot;
      for (const event of slot.events) {
        if (++merged % EVENTS_PER_STEP === 0) yield;
        if (!this.#isRecent(lTime, event) || !this.#add(lTime, event)) continue;
        const { name, payload } = event;
        const received = new UserEvent({ lTime, name, payload, coalesce: false });
        this.#delivery.deliverExchangedEvent(received, { join });
      }
    }
  }

  /** Takes the time of an event. Returns false if it is too old, or not to be believed. */
  #isRecent(lTime: LamportTime, event: BufferedEvent): boolean {
    const { name } = event;
    if (sizeOf(event) > MAX_USER_EVENT_SIZE) return this.#refuseTooLarge(event);
    if (!this.clock.witness(lTime) || lTime < this.#minTime) return false;
    const now = this.clock.time;
    if (!this.#recent.isTooOld(lTime, now)) return true;
    this.#context.log("WARN", `received old event ${name} from time ${lTime} (current: ${now})`);
    return false;
  }

  #refuseTooLarge(event: BufferedEvent): false {
    if (this.#warnings.allows("size", this.#context.world.now)) {
      const what = `'${event.name.slice(0, 64)}' of ${sizeOf(event)} bytes`;
      this.#context.log(
        "WARN",
        `Ignoring user event ${what}, at most ${MAX_USER_EVENT_SIZE} are allowed`,
      );
    }
    return false;
  }

  /** Returns false if the event is known. */
  #add(lTime: LamportTime, event: BufferedEvent): boolean {
    if (!this.#recent.add(lTime, event)) return false;
    const { metrics } = this.#context.config;
    metrics?.count("serf.events");
    metrics?.count(this.#metricOf(event.name));
    return true;
  }

  /** Most events have the name of the one before: to put its metric's name together takes longer than to count it. */
  #metricOf(name: string): `serf.events.${string}` {
    if (name !== this.#counted.name) this.#counted = { name, metric: `serf.events.${name}` };
    return this.#counted.metric;
  }

  /** Whether an event may be sent now. Without other members gossip cannot be outrun. */
  get #hasRoom(): boolean {
    const { config: { name, eventBuffer }, members } = this.#context;
    return this.#broadcasts.depth("event") < MAX_QUEUED_SHARE * eventBuffer ||
      !members.anyOtherAlive(name);
  }

  #checkPendingLater(): void {
    this.#context.world.after(PENDING_CHECK_MS, { type: "send-pending-events" });
  }

  #checkSize(event: Draft): OwnEvent {
    const limit = this.#context.config.userEventSizeLimit;
    if (encodedLength(event.name) + (event.payload?.length ?? 0) > limit) {
      throw new RangeError(`user event exceeds configured limit of ${limit} bytes before encoding`);
    }
    const own = this.#stamp(event);
    if (own.body.bytes.length > limit) {
      throw new RangeError(
        `encoded user event exceeds configured limit of ${limit} bytes after encoding`,
      );
    }
    return own;
  }

  #stamp(event: Draft): OwnEvent {
    const message: UserEventMessage = { type: "user-event", lTime: this.clock.time, ...event };
    return { message, body: new EncodedMessage(message) };
  }

  #publish({ message, body }: OwnEvent): void {
    this.receive(message);
    this.#broadcasts.queue("event", body, { lTime: message.lTime });
  }

  /** See {@link SerfCore.save}. */
  save() {
    return {
      clock: this.clock.save(),
      recent: this.#recent.save(),
      warnings: this.#warnings.save(),
      minTime: this.#minTime,
      pending: this.#pending,
    };
  }

  load(saved: ReturnType<UserEvents["save"]>): void {
    this.clock.load(saved.clock);
    this.#recent.load(saved.recent);
    this.#warnings.load(saved.warnings);
    this.#minTime = saved.minTime;
    this.#pending = saved.pending;
  }
}

/** The bytes of name and payload. A name of other letters than ASCII is counted too low, which does no harm. */
function sizeOf({ name, payload }: BufferedEvent): number {
  return name.length + (payload?.length ?? 0);
}

function sizeOfEvent(event: BufferedEvent): number {
  return EVENT_OVERHEAD + sizeOf(event);
}

function isSameEvent(a: BufferedEvent, b: BufferedEvent): boolean {
  return a.name === b.name && equalBytes(a.payload, b.payload);
}
