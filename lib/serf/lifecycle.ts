/**
 * From alive to left or shut down; and leaving on behalf of members that no longer can.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { retransmitLimit } from "../swim/formulas.ts";
import type { BroadcastWaits } from "./broadcast_waits.ts";
import type { SerfContext } from "./context.ts";
import type { MemberStatuses } from "./member_statuses.ts";
import type { MemberTable } from "./member_table.ts";
import { SerfBody } from "./serf_body.ts";
import type { SnapshotRecorder } from "./snapshot_recorder.ts";

/**
 * Our leave is taken for known when so many others have passed it on to us. Each of them tells others just as often, so
 * there are many copies for every member by then.
 */
const ECHOES = 3;

/** Where a node stands in its life. */
export type LifecycleState = "alive" | "leaving" | "left" | "shutdown";

/** What leaving needs of the other parts. */
export interface LifecycleParts {
  readonly waits: BroadcastWaits;
  readonly table: MemberTable;
  readonly statuses: MemberStatuses;
  readonly recorder: SnapshotRecorder | undefined;
  /** Has what is queued sent without delay. */
  hurry(): void;
  /** Leaves the membership layer. */
  leaveSwim(then: (error?: string) => void): void;
}

/**
 * Keeps the state of a node, and takes it through a leave: announce the intent, leave the membership layer, and stay for
 * a while, so that others find us answering until they have heard of it. What takes too long is logged, and does not keep
 * us from leaving.
 *
 * The intent must get everywhere before the rest does, or else we would be taken for failed. Eager members pass it on at
 * once, which we notice; others do so at their gossip ticks.
 */
export class Lifecycle {
  readonly #context: SerfContext;
  readonly #parts: LifecycleParts;
  #state: LifecycleState = "alive";
  #leaveId = 0;
  #intentIsOut = false;
  #spreadIsOver = false;
  #leftSwim = false;
  readonly #echoes = new Set<string>();

  constructor(context: SerfContext, parts: LifecycleParts) {
    this.#context = context;
    this.#parts = parts;
  }

  get state(): LifecycleState {
    return this.#state;
  }

  /** Leaves for good. Ends in `done`, with an error if we are leaving already or were shut down. */
  leave({ id }: { id: number }): void {
    switch (this.#state) {
      case "alive":
        return this.#begin(id);
      case "leaving":
        return this.#context.done(id, "Leave already in progress");
      case "left":
        return this.#context.done(id);
      case "shutdown":
        return this.#context.done(id, "Leave called after Shutdown");
      default:
        this.#state satisfies never;
    }
  }

  /**
   * Says that another member has left. Ends in `done`, with an error if the broadcast takes too long. A live member
   * refutes what is said of it; if nobody else is there to tell, it hears nothing of it and is pruned after a while.
   */
  forceLeave(name: string, { id, prune = false }: { id: number; prune?: boolean }): void {
    const { statuses, table, waits } = this.#parts;
    const intent = new SerfBody(statuses.announceLeave(name, prune));
    if (!this.#hasCompany) {
      if (!prune || table.get(name)?.status !== "leaving") return this.#context.done(id);
      return this.#context.world.after(statuses.pruneDelayMs, { type: "pruned", id });
    }
    waits.start(intent, (sent) => {
      this.#context.done(id, sent ? undefined : "timed out broadcasting node removal");
    });
  }

  /** Another member has passed our intent to leave on to us. */
  heardBack(from: Address): void {
    if (this.#state !== "leaving" || this.#echoes.size === ECHOES) return;
    this.#echoes.add(from.text);
    this.#proceed();
  }

  /** Whoever does not gossip eagerly had the time to pass on our intent to leave. */
  handleSpread(): void {
    this.#spreadIsOver = true;
    this.#proceed();
  }

  /** The leave had time to spread. */
  handleLeft(): void {
    this.#state = "left";
    this.#context.done(this.#leaveId);
  }

  /** Returns false if that had happened before. */
  shutdown(): boolean {
    if (this.#state === "shutdown") return false;
    if (this.#state !== "left") this.#context.log("WARN", "Shutdown without a Leave");
    this.#state = "shutdown";
    return true;
  }

  /** Whether there is anybody to hear of a leave. */
  get #hasCompany(): boolean {
    return this.#parts.table.hasAliveBeside(this.#context.config.name);
  }

  #begin(id: number): void {
    this.#state = "leaving";
    this.#leaveId = id;
    this.#parts.recorder?.recordLeave();
    const { name } = this.#context.config;
    const intent = new SerfBody(this.#parts.statuses.announceLeave(name, false));
    if (!this.#hasCompany) return this.#leaveSwim();
    this.#parts.hurry();
    this.#context.world.after(this.#spreadMs, { type: "leave-spread" });
    this.#parts.waits.start(intent, (sent) => {
      if (!sent) {
        this.#context.log("WARN", "timeout while waiting for graceful leave");
        this.#spreadIsOver = true;
      }
      this.#intentIsOut = true;
      this.#proceed();
    });
  }

  /** How long the intent is under way by ticks alone. */
  get #spreadMs(): number {
    const { retransmitMult, gossipNodes, gossipIntervalMs } = this.#context.config.profile;
    const ticks = retransmitLimit(retransmitMult, this.#parts.table.size) / gossipNodes;
    return Math.ceil(ticks) * gossipIntervalMs;
  }

  #proceed(): void {
    if (this.#state !== "leaving" || this.#leftSwim || !this.#intentIsOut) return;
    const { size, failed, left, leaving } = this.#parts.table;
    const others = size - failed.size - left.size - leaving.size;
    if (this.#spreadIsOver || this.#echoes.size >= Math.min(ECHOES, others)) this.#leaveSwim();
  }

  #leaveSwim(): void {
    this.#leftSwim = true;
    const { config, world } = this.#context;
    this.#parts.leaveSwim((error) => {
      if (error !== undefined) {
        this.#context.log("WARN", `timeout waiting for leave broadcast: ${error}`);
      }
      world.after(config.leavePropagateDelayMs, { type: "left" });
    });
  }
}
