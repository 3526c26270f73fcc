/**
 * Deciding what goes into the snapshot.
 *
 * @module
 */

import type { SerfContext } from "../context.ts";
import type { MemberEvent, UserEvent } from "../../api/event.ts";
import type { SnapshotEntry, SnapshotState } from "../snapshot/snapshot.ts";
import type { LamportClock } from "../lamport.ts";

/** How often the member clock is looked at, milliseconds: intents advance it without any event. */
export const CLOCK_RECORD_INTERVAL_MS = 500;

type ClockType = Extract<SnapshotEntry, { lTime: number }>["type"];

/** Emits the entries of a snapshot as things happen, before any coalescing. */
export class SnapshotRecorder {
  readonly #context: SerfContext;
  readonly #clock: LamportClock;
  readonly #recorded: Record<ClockType, number>;
  #leaving = false;

  /** `restored` is what the snapshot already says, `clock` the member clock. */
  constructor(context: SerfContext, restored: SnapshotState, clock: LamportClock) {
    this.#context = context;
    this.#clock = clock;
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
    }
    this.recordClock();
  }

  /** A query that is meant for us was received, be it internal. */
  recordQuery(lTime: number): void {
    if (!this.#leaving) this.#advance("query-clock", lTime);
  }

  /** Records the member clock if it has advanced. */
  recordClock(): void {
    this.#advance("clock", this.#clock.time - 1);
  }

  /** We leave for good: what happens from now on is of no interest to the next start. */
  recordLeave(): void {
    this.#leaving = true;
    this.#write({ type: "leave" });
  }

  #advance(type: ClockType, lTime: number): void {
    if (lTime <= this.#recorded[type]) return;
    this.#recorded[type] = lTime;
    this.#write({ type, lTime });
  }

  #write(entry: SnapshotEntry): void {
    this.#context.world.emit({ type: "snapshot", entry });
  }
}
