/**
 * Coalescing: of events that follow each other closely, the local user gets only the last. It does not show on the wire.
 *
 * @module
 */

import { type MemberEvent, type MemberEventType, UserEvent } from "../../api/event.ts";
import type { Member } from "../../api/member.ts";
import type { LamportTime } from "../../base/lamport_time.ts";
import { laterTime } from "../lamport.ts";
import type { IncomingQuery } from "../output.ts";

/** Holds back the events of one kind until they are flushed together. */
export interface Coalescer {
  /** Takes an event, or returns false if it is not of this kind. */
  handle(event: MemberEvent | UserEvent | IncomingQuery): boolean;
  /** The events to deliver, out of those taken since the last flush. */
  flush(): (MemberEvent | UserEvent)[];
}

/**
 * Keeps the last event of each member. A flush gives one event for each type. It leaves out a member whose last
 * delivered event was of the same type, because a node that failed and came back in between has not changed; updates
 * are always delivered.
 */
export class MemberCoalescer implements Coalescer {
  #delivered = new Map<string, MemberEventType>();
  #latest = new Map<string, { type: MemberEventType; member: Member }>();

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

  /** See {@link SerfCore.save}. */
  save() {
    return { delivered: this.#delivered, latest: this.#latest };
  }

  load({ delivered, latest }: ReturnType<MemberCoalescer["save"]>): void {
    this.#delivered = delivered;
    this.#latest = latest;
  }
}

/**
 * How many names of user events are remembered. Names come from the network, so there must be a bound; applications use
 * a few dozen.
 */
const MAX_NAMES = 1_024;

const NONE: readonly UserEvent[] = [];

/** What was seen of the user events with one name. */
interface EventName {
  /** The highest Lamport time that was delivered. */
  delivered: LamportTime;
  /** Whether the last one that came by gossip allowed coalescing; `undefined` if none has come. */
  coalesce: boolean | undefined;
}

/**
 * Keeps, of the user events that allow it, those with the highest Lamport time under each name, unless a later one was
 * delivered before.
 *
 * Events that arrive in a push/pull do not say whether they allow coalescing. If gossip has not told that of their name,
 * they are held back until it does, or until the flush, which delivers all of them.
 */
export class UserCoalescer implements Coalescer {
  #latest = new Map<string, UserEvent[]>();
  /** Events that may or may not allow coalescing. */
  #undecided = new Map<string, UserEvent[]>();
  /** The names in the order in which they were first seen. */
  #names = new Map<string, EventName>();

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

  /** Takes an event that arrived in a push/pull. */
  handleUndecided(event: UserEvent): void {
    if (this.#names.get(event.name)?.coalesce) {
      this.handle(withCoalesce(event));
      return;
    }
    const undecided = this.#undecided.get(event.name);
    if (undecided === undefined) this.#undecided.set(event.name, [event]);
    else undecided.push(event);
  }

  /**
   * Gossip tells whether events with a name allow coalescing. Returns the undecided ones if they do not: they are to be
   * delivered.
   */
  decide(name: string, coalesce: boolean): readonly UserEvent[] {
    this.#name(name).coalesce = coalesce;
    const undecided = this.#undecided.get(name);
    if (undecided === undefined) return NONE;
    this.#undecided.delete(name);
    if (!coalesce) return inOrder(undecided);
    for (const event of undecided) this.handle(withCoalesce(event));
    return NONE;
  }

  /** An event was delivered: from now on no older one of its name comes out of a flush. */
  markDelivered({ name, lTime }: UserEvent): void {
    const known = this.#name(name);
    known.delivered = laterTime(known.delivered, lTime);
  }

  flush(): UserEvent[] {
    const events = [...this.#latest.values()].flat().filter(({ name, lTime }) =>
      lTime >= (this.#names.get(name)?.delivered ?? 0)
    );
    this.#latest.clear();
    events.push(...inOrder([...this.#undecided.values()].flat()));
    this.#undecided.clear();
    return events;
  }

  #name(name: string): EventName {
    let known = this.#names.get(name);
    if (known === undefined) {
      for (const oldest of this.#names.keys()) {
        if (this.#names.size < MAX_NAMES) break;
        this.#names.delete(oldest);
      }
      this.#names.set(name, known = { delivered: 0, coalesce: undefined });
    }
    return known;
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { latest: this.#latest, undecided: this.#undecided, names: this.#names };
  }

  load({ latest, undecided, names }: ReturnType<UserCoalescer["save"]>): void {
    this.#latest = restored(latest);
    this.#undecided = restored(undecided);
    this.#names = names;
  }
}

/** Events that were saved, as what they were. */
function restored(saved: ReadonlyMap<string, UserEvent[]>): Map<string, UserEvent[]> {
  return new Map(Array.from(saved, ([name, events]) => [
    name,
    events.map((event) => new UserEvent(event)),
  ]));
}

function withCoalesce(event: UserEvent): UserEvent {
  const { lTime, name, payload } = event;
  return new UserEvent({ lTime, name, payload, coalesce: true });
}

function inOrder(events: readonly UserEvent[]): UserEvent[] {
  return events.toSorted((a, b) => a.lTime < b.lTime ? -1 : Number(a.lTime > b.lTime));
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
   * An event was taken at `now`. If it opened the window, returns in how many milliseconds {@link expire} is to be
   * called; if the window was open before, returns `undefined`, since a call is due already.
   */
  touch(now: number): number | undefined {
    this.#quietEnd = now + this.#quiescentMs;
    if (this.#end !== undefined) return undefined;
    this.#end = now + this.#periodMs;
    return this.#due(this.#end) - now;
  }

  /**
   * Returns how many milliseconds remain, or `undefined` if the window has closed and the coalescer is to be flushed.
   */
  expire(now: number): number | undefined {
    const remaining = this.#end === undefined ? 0 : this.#due(this.#end) - now;
    if (remaining > ROUNDING_MS) return remaining;
    this.#end = undefined;
    return undefined;
  }

  #due(end: number): number {
    return Math.min(end, this.#quietEnd);
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { end: this.#end, quietEnd: this.#quietEnd };
  }

  load({ end, quietEnd }: ReturnType<CoalesceWindow["save"]>): void {
    this.#end = end;
    this.#quietEnd = quietEnd;
  }
}
