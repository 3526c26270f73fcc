/**
 * Coalescing: events that follow each other closely reach the local user as few. Nothing of it is seen on the wire.
 *
 * @module
 */

import type { MemberEvent, MemberEventType, UserEvent } from "../../api/event.ts";
import type { IncomingQuery } from "../output.ts";
import type { Member } from "../../api/member.ts";

/** Holds back events of some kind until they are flushed together. */
export interface Coalescer {
  /** Takes an event, or returns false if it is none of its kind: then it is delivered at once. */
  handle(event: MemberEvent | UserEvent | IncomingQuery): boolean;
  /** What is to be delivered of the events taken since the last flush. */
  flush(): (MemberEvent | UserEvent)[];
}

/**
 * Keeps the last event of each member. A flush makes one event of each type, and leaves a member out if the last it
 * told of that member was of the same type, unless that is an update: a node that failed and came back in between has
 * not changed.
 */
export class MemberCoalescer implements Coalescer {
  readonly #told = new Map<string, MemberEventType>();
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
      if (this.#told.get(name) === type && type !== "member-update") continue;
      // After a reap nothing is left to compare with: the name is unknown, or comes back with a join.
      if (type === "member-reap") this.#told.delete(name);
      else this.#told.set(name, type);
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

/** Below this, milliseconds, rounding is the only thing that keeps a timer from being due. */
const ROUNDING_MS = 0.001;

/**
 * Decides when to flush: a period after the first event taken, or earlier when no event was taken for the quiescent
 * period. One timer is enough for any number of events, because it is only asked again when it fires.
 */
export class CoalesceWindow {
  readonly #periodMs: number;
  readonly #quiescentMs: number;
  /** When the window closes at the latest; `undefined` while it is closed. */
  #end?: number;
  #quietEnd = 0;

  constructor(periodMs: number, quiescentMs: number) {
    this.#periodMs = periodMs;
    this.#quiescentMs = quiescentMs;
  }

  /**
   * An event was taken at `now`. Returns after how many milliseconds to call {@link expire} if that event opened the
   * window, and `undefined` if it was open: then the call is already on its way.
   */
  touch(now: number): number | undefined {
    this.#quietEnd = now + this.#quiescentMs;
    if (this.#end !== undefined) return undefined;
    this.#end = now + this.#periodMs;
    return this.#due(this.#end) - now;
  }

  /** Returns how many milliseconds there are still to wait, or `undefined` if the window closes now: flush. */
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
