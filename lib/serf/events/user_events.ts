/**
 * User events: sending them, and delivering each one once.
 *
 * @module
 */

import { equalBytes } from "../../base/bytes.ts";
import { encodeText } from "../../base/text.ts";
import type { EventSlot, UserEventMessage } from "../../wire/messages/serf_messages.ts";
import type { Broadcasts } from "../broadcasts.ts";
import type { SerfContext } from "../context.ts";
import { UserEvent } from "../../api/event.ts";
import type { LamportClock } from "../lamport.ts";
import { RecentMessages } from "./recent_messages.ts";
import { EncodedMessage } from "../encoded_message.ts";

/** The most that `userEventSizeLimit` may be, bytes (the reference's hard limit). */
export const MAX_USER_EVENT_SIZE = 9 * 1024;

type Item = EventSlot["events"][number];

/**
 * No event of ours is sent while this share of the event buffer waits to be gossiped. Receivers take an event for too old
 * when they have seen one that is a whole buffer later: whatever is under way must be well within that.
 */
const UNDER_WAY = 1 / 4;
/** How often it is looked whether there is room for what is held back, milliseconds. */
const RELEASE_INTERVAL_MS = 5;

/** A user event that has no time yet. */
type Draft = Pick<UserEventMessage, "name" | "payload" | "coalesce">;

/** An event of ours with its time. */
interface OwnEvent {
  readonly message: UserEventMessage;
  readonly body: EncodedMessage;
}

/** What user events need of the other parts. */
export interface UserEventParts {
  readonly clock: LamportClock;
  /** Events before this time are ignored. */
  readonly minTime: number;
  readonly broadcasts: Broadcasts;
  /** Whether anybody else is alive. */
  hasCompany(): boolean;
  deliver(event: UserEvent): void;
}

/** The user events of one node. */
export class UserEvents {
  readonly clock: LamportClock;
  readonly #context: SerfContext;
  readonly #parts: UserEventParts;
  readonly #recent: RecentMessages<Item>;
  #minTime: number;
  /** Our own that wait for their turn, the oldest first. */
  #held: Draft[] = [];

  constructor(context: SerfContext, parts: UserEventParts) {
    this.#context = context;
    this.#parts = parts;
    this.clock = parts.clock;
    this.#minTime = parts.minTime;
    this.#recent = new RecentMessages(context.config.eventBuffer, sameEvent);
  }

  /**
   * Sends an event, now or when there is room. Throws a `RangeError` if it is too large, and an `Error` if more wait than
   * a queue may hold.
   */
  send(event: Draft): void {
    const stamped = this.#checked(event);
    if (this.#held.length === 0 && this.#hasRoom) return this.#publish(stamped);
    const { maxQueueDepth } = this.#context.config;
    if (this.#held.length >= maxQueueDepth) {
      throw new Error(`user event refused: ${maxQueueDepth} others wait to be sent`);
    }
    this.#held.push(event);
    if (this.#held.length === 1) this.#releaseLater();
  }

  /** How many of our own wait for their turn. */
  get waiting(): number {
    return this.#held.length;
  }

  /** Sends what was held back, as far as there is room. */
  release(): void {
    let released = 0;
    while (released < this.#held.length && this.#hasRoom) {
      this.#publish(this.#stamped(this.#held[released++]));
    }
    this.#held = this.#held.slice(released);
    if (this.#held.length > 0) this.#releaseLater();
  }

  /** Sends all that was held back. */
  releaseAll(): void {
    for (const event of this.#held.splice(0)) this.#publish(this.#stamped(event));
  }

  /** Handles an event; returns whether it is news and to be passed on. */
  receive({ lTime, name, payload, coalesce }: UserEventMessage): boolean {
    this.clock.witness(lTime);
    if (lTime < this.#minTime) return false;
    const now = this.clock.time;
    if (this.#recent.isTooOld(lTime, now)) {
      this.#context.log("WARN", `received old event ${name} from time ${lTime} (current: ${now})`);
      return false;
    }
    if (!this.#recent.add(lTime, { name, payload })) return false;
    this.#count(name);
    this.#parts.deliver(new UserEvent({ lTime, name, payload, coalesce }));
    return true;
  }

  get #hasRoom(): boolean {
    const { broadcasts, hasCompany } = this.#parts;
    const limit = UNDER_WAY * this.#context.config.eventBuffer;
    return broadcasts.depth("event") < limit || !hasCompany();
  }

  #releaseLater(): void {
    this.#context.world.after(RELEASE_INTERVAL_MS, { type: "release-events" });
  }

  #checked(event: Draft): OwnEvent {
    const limit = this.#context.config.userEventSizeLimit;
    if (encodeText(event.name).length + (event.payload?.length ?? 0) > limit) {
      throw new RangeError(`user event exceeds configured limit of ${limit} bytes before encoding`);
    }
    const stamped = this.#stamped(event);
    if (stamped.body.bytes.length > limit) {
      throw new RangeError(
        `encoded user event exceeds configured limit of ${limit} bytes after encoding`,
      );
    }
    return stamped;
  }

  #stamped(event: Draft): OwnEvent {
    const message: UserEventMessage = { type: "user-event", lTime: this.clock.time, ...event };
    return { message, body: new EncodedMessage(message) };
  }

  #publish({ message, body }: OwnEvent): void {
    this.receive(message);
    this.#parts.broadcasts.queue("event", body);
  }

  #count(name: string): void {
    const { metrics } = this.#context.config;
    metrics?.count("serf.events");
    metrics?.count(`serf.events.${name}`);
  }

  /** Makes events before a time count as old. */
  ignoreBefore(lTime: number): void {
    this.#minTime = Math.max(this.#minTime, lTime);
  }

  /** What others missed may be among these: the recent events by their place in the buffer. */
  slots(): (EventSlot | null)[] {
    const slots: (EventSlot | null)[] = new Array(this.#context.config.eventBuffer).fill(null);
    for (const [index, { lTime, items }] of this.#recent.slots()) {
      slots[index] = { lTime, events: items };
    }
    return slots;
  }

  /** Delivers what we have missed of another node's recent events. */
  merge(slots: readonly (EventSlot | null)[]): void {
    for (const slot of slots) {
      if (slot === null) continue;
      for (const event of slot.events) {
        this.receive({ type: "user-event", lTime: slot.lTime, ...event, coalesce: false });
      }
    }
  }
}

function sameEvent(a: Item, b: Item): boolean {
  return a.name === b.name && equalBytes(a.payload, b.payload);
}
