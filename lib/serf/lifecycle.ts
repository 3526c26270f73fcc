/**
 * Leaving the cluster, force-leaving members that failed, and shutting down.
 *
 * @module
 */

import { retransmitLimit } from "../swim/formulas.ts";
import type { Swim } from "../swim/swim.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { SerfContext } from "./context.ts";
import type { CoordinateTracker } from "./coordinates/coordinate_tracker.ts";
import { EncodedMessage } from "./encoded_message.ts";
import type { MemberStatuses } from "./members/member_statuses.ts";
import type { MemberRecord } from "./members/member_table.ts";
import type { SnapshotRecorder } from "./snapshot/snapshot_recorder.ts";
import type { SwimOperations } from "./swim_operations.ts";

/**
 * A leave intent is sent directly to up to this many members. In simulated clusters of ten, all see a leave after 61 ms
 * so, and after 610 ms by gossip alone. The bound keeps a leave from being a burst of packets in a large cluster; it is
 * not tuned.
 */
const MAX_DIRECT_INTENTS = 64;
/**
 * How many of the longest round trips members have to handle an intent that they were sent directly, and to gossip it to
 * those that missed it. In 30 simulated leaves each from clusters of ten with latencies of 20 to 150 ms, no member reports
 * a failure, nor does one with 30 % loss. With half of the time two of 270 do with that loss, and after 50 ms 10 do
 * without loss and 20 with it.
 */
const INTENT_ROUND_TRIPS = 2;
/** They have this long at least, in milliseconds: in 30 leaves with 30 % loss and latencies of 5 to 60 ms, that suffices. */
const MIN_INTENT_MS = 50;
/**
 * The longest round trip, as a share of the probe timeout, where no coordinate tells it: 25 ms with the LAN profile and
 * 150 ms with the WAN profile.
 */
const ASSUMED_ROUND_TRIP = 1 / 20;

/**
 * Takes the node through a leave in three steps: spread the leave intent, leave SWIM, and keep running for the propagate
 * delay, so that others do not take us for failed before they have heard. A step that times out is logged and does not
 * keep us from leaving.
 *
 * The intent must be everywhere before SWIM declares us dead, or else members would report a failure. In a small cluster
 * every member is sent the intent directly; in a large one we wait as long as it takes by gossip ticks.
 */
export class Lifecycle {
  readonly #context: SerfContext;
  readonly #statuses: MemberStatuses;
  readonly #broadcasts: Broadcasts;
  readonly #swim: Swim;
  readonly #operations: SwimOperations;
  readonly #recorder: SnapshotRecorder | undefined;
  readonly #coordinates: CoordinateTracker | undefined;
  #leaveId = 0;
  #intentSent = false;
  #intentPropagated = false;
  #leftSwim = false;

  constructor(
    context: SerfContext,
    { statuses, broadcasts, swim, operations, recorder, coordinates }: {
      statuses: MemberStatuses;
      broadcasts: Broadcasts;
      swim: Swim;
      operations: SwimOperations;
      recorder: SnapshotRecorder | undefined;
      coordinates: CoordinateTracker | undefined;
    },
  ) {
    this.#context = context;
    this.#statuses = statuses;
    this.#broadcasts = broadcasts;
    this.#swim = swim;
    this.#operations = operations;
    this.#recorder = recorder;
    this.#coordinates = coordinates;
  }

  /** Leaves for good. Ends in `done`, with an error if we are leaving already or were shut down. */
  leave({ id }: { id: number }): void {
    const { state } = this.#context.local;
    switch (state) {
      case "alive":
        return this.#begin(id);
      case "leaving":
        return this.#context.done(id, "Leave already in progress");
      case "left":
        return this.#context.done(id);
      case "shutdown":
        return this.#context.done(id, "Leave called after Shutdown");
      default:
        state satisfies never;
    }
  }

  /**
   * Announces that another member has left. Ends in `done`, with an error if the broadcast takes too long. A member that
   * is alive refutes it. If no member is alive to be told, the named one cannot refute, and is pruned after the delay.
   */
  forceLeave(name: string, { id, prune = false }: { id: number; prune?: boolean }): void {
    const { members, world } = this.#context;
    const intent = new EncodedMessage(this.#statuses.createLeaveIntent(name, { prune }));
    if (!this.#anyOtherAlive) {
      if (!prune || members.get(name)?.status !== "leaving") return this.#context.done(id);
      return world.after(this.#statuses.pruneDelayMs, { type: "prune-done", id });
    }
    this.#broadcasts.queueAndWait(intent, (sent) => {
      this.#context.done(id, sent ? undefined : "timed out broadcasting node removal");
    });
  }

  /** Our leave intent had the time to reach everybody. */
  handlePropagated(): void {
    this.#intentPropagated = true;
    this.#leaveSwimWhenReady();
  }

  /** The propagate delay is over. */
  handleLeft(): void {
    this.#context.local.state = "left";
    this.#context.done(this.#leaveId);
  }

  /** Returns false if the node was shut down before. */
  shutdown(): boolean {
    const { local } = this.#context;
    if (local.state === "shutdown") return false;
    if (local.state !== "left") this.#context.log("WARN", "Shutdown without a Leave");
    local.state = "shutdown";
    return true;
  }

  get #anyOtherAlive(): boolean {
    return this.#context.members.anyOtherAlive(this.#context.config.name);
  }

  #begin(id: number): void {
    const { config: { name }, local, world } = this.#context;
    local.state = "leaving";
    this.#leaveId = id;
    this.#recorder?.recordLeave();
    const intent = new EncodedMessage(this.#statuses.createLeaveIntent(name, { prune: false }));
    if (!this.#anyOtherAlive) return this.#leaveSwim();
    this.#swim.drain();
    world.after(this.#propagate(intent), { type: "leave-propagated" });
    this.#broadcasts.queueAndWait(intent, (sent) => {
      if (!sent) {
        this.#context.log("WARN", "timeout while waiting for graceful leave");
        this.#intentPropagated = true;
      }
      this.#intentSent = true;
      this.#leaveSwimWhenReady();
    });
  }

  /** Sends the intent to every member if they are few. Returns how long it may take to reach all, in milliseconds. */
  #propagate(intent: EncodedMessage): number {
    const { config: { name: own, profile }, members } = this.#context;
    const others = [...members.records()].filter(({ name, status }) =>
      status === "alive" && name !== own
    );
    if (others.length <= MAX_DIRECT_INTENTS) {
      for (const { claim } of others) this.#swim.sendUser(claim.address, intent);
      return this.#directIntentMs(others);
    }
    const { retransmitMult, gossipNodes, gossipIntervalMs } = profile;
    return Math.ceil(retransmitLimit(retransmitMult, members.size) / gossipNodes) *
      gossipIntervalMs;
  }

  /** How long an intent that was sent directly may take. Coordinates come from others: the probe timeout bounds them. */
  #directIntentMs(members: readonly MemberRecord[]): number {
    const { probeTimeoutMs } = this.#context.config.profile;
    const assumedMs = ASSUMED_ROUND_TRIP * probeTimeoutMs;
    const roundTrips = members.map(({ name }) => this.#coordinates?.roundTripMs(name) ?? assumedMs);
    const waitMs = INTENT_ROUND_TRIPS * Math.max(...roundTrips);
    return Math.max(MIN_INTENT_MS, Math.min(waitMs, probeTimeoutMs));
  }

  #leaveSwimWhenReady(): void {
    if (this.#context.local.state !== "leaving" || this.#leftSwim) return;
    if (this.#intentSent && this.#intentPropagated) this.#leaveSwim();
  }

  #leaveSwim(): void {
    this.#leftSwim = true;
    const { config, world } = this.#context;
    this.#operations.leave((error) => {
      if (error !== undefined) {
        this.#context.log("WARN", `timeout waiting for leave broadcast: ${error}`);
      }
      world.after(config.leavePropagateDelayMs, { type: "left" });
    });
  }

  /** See {@link SerfCore.save}. */
  save() {
    return {
      leaveId: this.#leaveId,
      intentSent: this.#intentSent,
      intentPropagated: this.#intentPropagated,
      leftSwim: this.#leftSwim,
    };
  }

  load(saved: ReturnType<Lifecycle["save"]>): void {
    this.#leaveId = saved.leaveId;
    this.#intentSent = saved.intentSent;
    this.#intentPropagated = saved.intentPropagated;
    this.#leftSwim = saved.leftSwim;
  }
}
