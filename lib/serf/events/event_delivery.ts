/**
 * How member events and user events reach the user: recorded in the snapshot first, then at once or coalesced.
 *
 * @module
 */

import type { MemberEvent, UserEvent } from "../../api/event.ts";
import type { SerfContext, SerfLayerTimer } from "../context.ts";
import type { SnapshotRecorder } from "../snapshot/snapshot_recorder.ts";
import { type Coalescer, CoalesceWindow, MemberCoalescer, UserCoalescer } from "./coalesce.ts";

/** A coalescer and its timing. */
interface Stage<Kind extends Coalescer> {
  readonly of: "member" | "user";
  readonly coalescer: Kind;
  readonly window: CoalesceWindow;
}

/** Delivers events. */
export class EventDelivery {
  readonly #context: SerfContext;
  readonly #recorder: SnapshotRecorder | undefined;
  /** `undefined` where events of that kind are not coalesced. */
  readonly #members: Stage<MemberCoalescer> | undefined;
  readonly #users: Stage<UserCoalescer> | undefined;

  constructor(context: SerfContext, recorder?: SnapshotRecorder) {
    this.#context = context;
    this.#recorder = recorder;
    const { coalescePeriodMs, quiescentPeriodMs } = context.config;
    if (coalescePeriodMs > 0 && quiescentPeriodMs > 0) {
      const window = new CoalesceWindow(coalescePeriodMs, quiescentPeriodMs);
      this.#members = { of: "member", coalescer: new MemberCoalescer(), window };
    }
    const { userCoalescePeriodMs, userQuiescentPeriodMs } = context.config;
    if (userCoalescePeriodMs > 0 && userQuiescentPeriodMs > 0) {
      const window = new CoalesceWindow(userCoalescePeriodMs, userQuiescentPeriodMs);
      this.#users = { of: "user", coalescer: new UserCoalescer(), window };
    }
  }

  deliverMemberEvent(event: MemberEvent): void {
    this.#recorder?.recordEvent(event);
    if (this.#members?.coalescer.handle(event)) this.#touch(this.#members);
    else this.#context.expressions.emit(event);
  }

  /** Delivers a user event that came by gossip or is our own. */
  deliverUserEvent(event: UserEvent): void {
    this.#recorder?.recordEvent(event);
    this.decideCoalescing(event.name, event.coalesce);
    if (this.#users?.coalescer.handle(event)) this.#touch(this.#users);
    else this.#emitUserEvent(event);
  }

  /**
   * Delivers a user event that came in a push/pull. Whether it allows coalescing is not known, except that the events
   * of a join are from before our time: they are delivered at once.
   */
  deliverExchangedEvent(event: UserEvent, { join }: { join: boolean }): void {
    this.#recorder?.recordEvent(event);
    if (this.#users === undefined || join) return this.#emitUserEvent(event);
    this.#users.coalescer.handleUndecided(event);
    this.#touch(this.#users);
  }

  /** Gossip tells whether user events with a name allow coalescing, by an event that may be known already. */
  decideCoalescing(name: string, coalesce: boolean): void {
    if (this.#users === undefined) return;
    for (const event of this.#users.coalescer.decide(name, coalesce)) this.#emitUserEvent(event);
  }

  handle(timer: SerfLayerTimer & { type: "coalesce" }): void {
    const { world } = this.#context;
    const stage = timer.of === "member" ? this.#members : this.#users;
    if (stage === undefined) return;
    const delayMs = stage.window.expire(world.now);
    if (delayMs !== undefined) return world.after(delayMs, timer);
    if (timer.of === "member") this.#flushMembers();
    else this.#flushUsers();
  }

  /** Delivers all events that are held back. */
  flush(): void {
    this.#flushMembers();
    this.#flushUsers();
  }

  #flushMembers(): void {
    for (const event of this.#members?.coalescer.flush() ?? []) {
      this.#context.expressions.emit(event);
    }
  }

  #flushUsers(): void {
    for (const event of this.#users?.coalescer.flush() ?? []) this.#emitUserEvent(event);
  }

  #touch({ of, window }: Stage<Coalescer>): void {
    const { world } = this.#context;
    const delayMs = window.touch(world.now);
    if (delayMs !== undefined) world.after(delayMs, { type: "coalesce", of });
  }

  #emitUserEvent(event: UserEvent): void {
    this.#users?.coalescer.markDelivered(event);
    this.#context.expressions.emit(event);
  }

  /** See {@link SerfCore.save}. */
  save() {
    const [members, users] = [this.#members, this.#users];
    return {
      members: members && { coalescer: members.coalescer.save(), window: members.window.save() },
      users: users && { coalescer: users.coalescer.save(), window: users.window.save() },
    };
  }

  load({ members, users }: ReturnType<EventDelivery["save"]>): void {
    if (members !== undefined) {
      this.#members?.coalescer.load(members.coalescer);
      this.#members?.window.load(members.window);
    }
    if (users !== undefined) {
      this.#users?.coalescer.load(users.coalescer);
      this.#users?.window.load(users.window);
    }
  }
}
