/**
 * User events: sending them, and delivering each one once.
 *
 * @module
 */

import type { EventSlot, UserEventMessage } from "../wire/serf_messages.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { SerfContext } from "./context.ts";
import type { UserEvent } from "./contract.ts";
import type { LamportClock } from "./lamport.ts";
import { RecentTimes } from "./recent_times.ts";
import { SerfBody } from "./serf_body.ts";

/** The most that `userEventSizeLimit` may be, bytes (the reference's hard limit). */
export const LARGEST_USER_EVENT = 9 * 1024;

type Item = EventSlot["events"][number];

/** The user events of one node. */
export class UserEvents {
  readonly clock: LamportClock;
  readonly #context: SerfContext;
  readonly #deliver: (event: UserEvent) => void;
  readonly #recent: RecentTimes<Item>;
  #minTime: number;

  /** Events before `minTime` are ignored. */
  constructor(
    context: SerfContext,
    options: { clock: LamportClock; minTime: number; deliver: (event: UserEvent) => void },
  ) {
    this.#context = context;
    this.clock = options.clock;
    this.#minTime = options.minTime;
    this.#deliver = options.deliver;
    this.#recent = new RecentTimes(context.config.eventBuffer, sameEvent);
  }

  /** Sends an event. Throws a `RangeError` if it is too large. */
  send(
    event: { name: string; payload: Uint8Array | null; coalesce: boolean },
    broadcasts: Broadcasts,
  ): void {
    const limit = this.#context.config.userEventSizeLimit;
    if (nameLength(event.name) + (event.payload?.length ?? 0) > limit) {
      throw new RangeError(`user event exceeds configured limit of ${limit} bytes before encoding`);
    }
    const message: UserEventMessage = { type: "user-event", lTime: this.clock.time, ...event };
    const body = new SerfBody(message);
    if (body.bytes.length > limit) {
      throw new RangeError(
        `encoded user event exceeds configured limit of ${limit} bytes after encoding`,
      );
    }
    this.receive(message);
    broadcasts.queue("event", body);
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
    this.#deliver({ type: "user", lTime, name, payload, coalesce });
    return true;
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

const encoder = new TextEncoder();

function nameLength(name: string): number {
  return encoder.encode(name).length;
}

function sameEvent(a: Item, b: Item): boolean {
  return a.name === b.name && sameBytes(a.payload, b.payload);
}

/** No payload is the same as an empty one. */
function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  const length = a?.length ?? 0;
  if (length !== (b?.length ?? 0)) return false;
  for (let i = 0; i < length; i++) if (a![i] !== b![i]) return false;
  return true;
}
