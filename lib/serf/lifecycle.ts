/**
 * From alive to left or shut down; and leaving on behalf of members that no longer can.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { retransmitLimit } from "../swim/formulas.ts";
import type { Opaque } from "../wire/messages/messages.ts";
import type { BroadcastNotifier } from "./broadcast_notifier.ts";
import type { SerfContext } from "./context.ts";
import type { MemberStatuses } from "./members/member_statuses.ts";
import type { MemberTable } from "./members/member_table.ts";
import { EncodedMessage } from "./encoded_message.ts";
import type { SnapshotRecorder } from "./snapshot/snapshot_recorder.ts";

/** Up to so many others are told of our leave one by one. */
const MAX_FAREWELLS = 64;
/** What members need to take in a leave that they were told of, and to pass it on to those who missed it; milliseconds. */
const FAREWELL_MS = 50;

/** Where a node stands in its life. */
export type LifecycleState = "alive" | "leaving" | "left" | "shutdown";

/** What leaving needs of the other parts. */
export interface LifecycleParts {
  readonly waits: BroadcastNotifier;
  readonly table: MemberTable;
  readonly statuses: MemberStatuses;
  readonly recorder: SnapshotRecorder | undefined;
  /** Sends a message to one address. */
  send(to: Address, body: Opaque): void;
  /** Has what is queued sent without delay. */
  drain(): void;
  /** Leaves the membership layer. */
  leaveSwim(then: (error?: string) => void): void;
}

/**
 * Keeps the state of a node, and takes it through a leave: announce the intent, leave the membership layer, and stay for
 * a while, so that others find us answering until they have heard of it. What takes too long is logged, and does not keep
 * us from leaving.
 *
 * The intent must get everywhere before the rest does, or else we would be taken for failed. In a small cluster everybody
 * is told directly; in a large one it has the time that it takes by gossip ticks.
 */
export class Lifecycle {
  readonly #context: SerfContext;
  readonly #parts: LifecycleParts;
  #state: LifecycleState = "alive";
  #leaveId = 0;
  #intentIsOut = false;
  #spreadIsOver = false;
  #leftSwim = false;

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
    const intent = new EncodedMessage(statuses.announceLeave(name, prune));
    if (!this.#hasCompany) {
      if (!prune || table.get(name)?.status !== "leaving") return this.#context.done(id);
      return this.#context.world.after(statuses.pruneDelayMs, { type: "pruned", id });
    }
    waits.start(intent, (sent) => {
      this.#context.done(id, sent ? undefined : "timed out broadcasting node removal");
    });
  }

  /** Our intent to leave had the time to get everywhere. */
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
    const intent = new EncodedMessage(this.#parts.statuses.announceLeave(name, false));
    if (!this.#hasCompany) return this.#leaveSwim();
    this.#parts.drain();
    this.#context.world.after(this.#spread(intent), { type: "leave-spread" });
    this.#parts.waits.start(intent, (sent) => {
      if (!sent) {
        this.#context.log("WARN", "timeout while waiting for graceful leave");
        this.#spreadIsOver = true;
      }
      this.#intentIsOut = true;
      this.#proceed();
    });
  }

  /** Sees to it that all others hear of the intent; returns how long that may take, milliseconds. */
  #spread(intent: EncodedMessage): number {
    const { table, send } = this.#parts;
    const others = [...table.records()].filter(({ name, status }) =>
      status === "alive" && name !== this.#context.config.name
    );
    if (others.length <= MAX_FAREWELLS) {
      for (const { claim } of others) send(claim.address, intent);
      return FAREWELL_MS;
    }
    const { retransmitMult, gossipNodes, gossipIntervalMs } = this.#context.config.profile;
    return Math.ceil(retransmitLimit(retransmitMult, table.size) / gossipNodes) * gossipIntervalMs;
  }

  #proceed(): void {
    if (this.#state !== "leaving" || this.#leftSwim || !this.#intentIsOut) return;
    if (this.#spreadIsOver) this.#leaveSwim();
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
