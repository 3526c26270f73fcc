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
interface Stage {
  readonly of: "member" | "user";
  readonly coalescer: Coalescer;
  readonly window: CoalesceWindow;
}

/** Delivers events. */
export class EventDelivery {
  readonly #context: SerfContext;
  readonly #recorder: SnapshotRecorder | undefined;
  readonly #stages: readonly Stage[];

  constructor(context: SerfContext, recorder?: SnapshotRecorder) {
    this.#context = context;
    this.#recorder = recorder;
    this.#stages = stagesOf(context);
  }

  deliver(event: MemberEvent | UserEvent): void {
    this.#recorder?.recordEvent(event);
    const { world } = this.#context;
    const stage = this.#stages.find(({ coalescer }) => coalescer.handle(event));
    if (stage === undefined) return world.emit(event);
    const delayMs = stage.window.touch(world.now);
    if (delayMs !== undefined) world.after(delayMs, { type: "coalesce", of: stage.of });
  }

  handle(timer: SerfLayerTimer & { type: "coalesce" }): void {
    const { world } = this.#context;
    const stage = this.#stages.find(({ of }) => of === timer.of);
    if (stage === undefined) return;
    const delayMs = stage.window.expire(world.now);
    if (delayMs === undefined) this.#flush(stage);
    else world.after(delayMs, timer);
  }

  /** Delivers all events that are held back. */
  flush(): void {
    for (const stage of this.#stages) this.#flush(stage);
  }

  #flush({ coalescer }: Stage): void {
    for (const event of coalescer.flush()) this.#context.world.emit(event);
  }
}

function stagesOf({ config }: SerfContext): Stage[] {
  const stages: Stage[] = [];
  const { coalescePeriodMs, quiescentPeriodMs } = config;
  if (coalescePeriodMs > 0 && quiescentPeriodMs > 0) {
    const window = new CoalesceWindow(coalescePeriodMs, quiescentPeriodMs);
    stages.push({ of: "member", coalescer: new MemberCoalescer(), window });
  }
  const { userCoalescePeriodMs, userQuiescentPeriodMs } = config;
  if (userCoalescePeriodMs > 0 && userQuiescentPeriodMs > 0) {
    const window = new CoalesceWindow(userCoalescePeriodMs, userQuiescentPeriodMs);
    stages.push({ of: "user", coalescer: new UserCoalescer(), window });
  }
  return stages;
}
