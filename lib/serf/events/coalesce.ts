/**
 * Coalescing: of events that follow each other closely, the local user gets only the last. It does not show on the wire.
 *
 * @module
 */

import type { MemberEvent, MemberEventType, UserEvent } from "../../api/event.ts";
import type { Member } from "../../api/member.ts";
import type { IncomingQuery } from "../output.ts";

/** Holds back the events of one kind until they are flushed together. */
export interface Coalescer {
  /** Takes an event, or returns false if it is not of this kind. */
  handle(event: MemberEvent | UserEvent | IncomingQuery): boolean;
  /** The events to deliver, out of those taken since the last flush. */
  flush(): (MemberEvent | UserEvent)[];
}

/**
 * Keeps the last event of each member. A flush gives one event for each type. It leaves out a member whose last delivered
 * event was of the same type, because a node that failed and came back in between has not changed; updates are always
 * delivered.
 */
export class MemberCoalescer implements Coalescer {
  readonly #delivered = new Map<string, MemberEventType>();
  readonly #latest = new Map<string, { type: MemberEventType; member: Member }>();

  handle(event: MemberEvent | UserEvent | IncomingQuery): boolean {
    if (event.type === "user" || event.type === "query") return false;
    for (const member of event.members) {
      this.#latest.set(member.name, { type: event.type, member });
    }
    return true;
  }

  flush(): MemberEvent[] {
    const changed = new Map<MemberEventType, Member[]>();
    for (const [name, { type, member }] of this.#latest) {
      if (this.#delivered.get(name) === type && type !== "member-update") continue;
      // A member that was reaped is forgotten: if the name comes back, it does so with a join.
      if (type === "member-reap") this.#delivered.delete(name);
      else this.#delivered.set(name, type);
      const members = changed.get(type);
      if (members === undefined) changed.set(type, [member]);
      else members.push(member);
    }
    this.#latest.clear();
    return Array.from(changed, ([type, members]) => ({ type, members }));
  }
}

/** Keeps, of the user events that allow it, those with the highest Lamport time under each name. */
export class UserCoalescer implements Coalescer {
  readonly #latest = new Map<string, UserEvent[]>();

  handle(event: MemberEvent | UserEvent | IncomingQuery): boolean {
    if (event.type !== "user" || !event.coalesce) return false;
    const latest = this.#latest.get(event.name);
    if (latest === undefined || latest[0].lTime < event.lTime) {
      this.#latest.set(event.name, [event]);
    } else if (latest[0].lTime === event.lTime) {
      latest.push(event);
    }
    return true;
  }

  flush(): UserEvent[] {
    const events = [...this.#latest.values()].flat();
    this.#latest.clear();
    return events;
  }
}

/** A timer that fires early by less than this, in milliseconds, does so because of rounding. */
const ROUNDING_MS = 0.001;

/**
 * Decides when to flush: one period after the first event, or earlier when no event came for the quiescent period. One
 * timer is enough for any number of events: when it fires, it is started again for the time that remains.
 */
export class CoalesceWindow {
  readonly #periodMs: number;
  readonly #quiescentMs: number;
  /** When the window closes at the latest, or `undefined` while it is closed. */
  #end?: number;
  #quietEnd = 0;

  constructor(periodMs: number, quiescentMs: number) {
    this.#periodMs = periodMs;
    this.#quiescentMs = quiescentMs;
  }

  /**
   * An event was taken at `now`. If it opened the window, returns in how many milliseconds {@link expire} is to be called;
   * if the window was open before, returns `undefined`, since a call is due already.
   */
  touch(now: number): number | undefined {
    this.#quietEnd = now + this.#quiescentMs;
    if (this.#end !== undefined) return undefined;
    this.#end = now + this.#periodMs;
    return this.#due(this.#end) - now;
  }

  /** Returns how many milliseconds remain, or `undefined` if the window has closed and the coalescer is to be flushed. */
  expire(now: number): number | undefined {
    const remaining = this.#end === undefined ? 0 : this.#due(this.#end) - now;
    if (remaining > ROUNDING_MS) return remaining;
    this.#end = undefined;
    return undefined;
  }

  #due(end: number): number {
    return Math.min(end, this.#quietEnd);
  }
}
