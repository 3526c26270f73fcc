/**
 * Decides what goes into the snapshot: members that come and go, and the Lamport clocks as they advance.
 *
 * @module
 */

import type { LamportTime } from "../../base/lamport_time.ts";
import type { SerfContext } from "../context.ts";
import type { MemberEvent, UserEvent } from "../../api/event.ts";
import { timeBefore } from "../lamport.ts";
import type { SnapshotEntry, SnapshotState } from "../snapshot/snapshot.ts";

/** How often the member clock is recorded, in milliseconds (Serf's value). Intents advance it without any event. */
export const CLOCK_RECORD_INTERVAL_MS = 500;

type ClockType = Extract<SnapshotEntry, { lTime: LamportTime }>["type"];

/** Emits the entries of a snapshot. Events are recorded before they are coalesced. */
export class SnapshotRecorder {
  readonly #context: SerfContext;
  #recorded: Record<ClockType, LamportTime>;
  #leaving = false;

  /** `restored` is the state of the snapshot so far. */
  constructor(context: SerfContext, restored: SnapshotState) {
    this.#context = context;
    this.#recorded = {
      clock: restored.clock,
      "event-clock": restored.eventClock,
      "query-clock": restored.queryClock,
    };
  }

  recordEvent(event: MemberEvent | UserEvent): void {
    if (this.#leaving) return;
    if (event.type === "user") return this.#advance("event-clock", event.lTime);
    for (const { name, address } of event.members) {
      if (event.type === "member-join") this.#write({ type: "alive", name, address });
      if (event.type === "member-leave" || event.type === "member-failed") {
        this.#write({ type: "not-alive", name });
      }
      if (event.type === "member-failed") this.#write({ type: "lost", name, address });
    }
    this.recordClock();
  }

  /** Records that a node which the snapshot takes for lost has left. */
  recordGone(name: string): void {
    if (!this.#leaving) this.#write({ type: "not-alive", name });
  }

  /** Records that a query for us, of a user or an internal one, was received. */
  recordQuery(lTime: LamportTime): void {
    if (!this.#leaving) this.#advance("query-clock", lTime);
  }

  /** Records the member clock if it has advanced. */
  recordClock(): void {
    this.#advance("clock", timeBefore(this.#context.clock.time));
  }

  /** Records our leave. Nothing is recorded after it, since the node will not come back as this member. */
  recordLeave(): void {
    this.#leaving = true;
    this.#write({ type: "leave" });
  }

  #advance(type: ClockType, lTime: LamportTime): void {
    if (lTime <= this.#recorded[type]) return;
    this.#recorded[type] = lTime;
    this.#write({ type, lTime });
  }

  #write(entry: SnapshotEntry): void {
    this.#context.world.emit({ type: "snapshot", entry });
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { recorded: this.#recorded, leaving: this.#leaving };
  }

  load({ recorded, leaving }: ReturnType<SnapshotRecorder["save"]>): void {
    this.#recorded = recorded;
    this.#leaving = leaving;
  }
}
