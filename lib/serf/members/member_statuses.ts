/**
 * The status of every member: what SWIM reports about its node, combined with the intents that were announced.
 *
 * Intents tell leaving from failing. A node that SWIM declares dead after a leave intent has left; any other has failed.
 *
 * @module
 */

import type { MemberEvent, MemberEventType } from "../../api/event.ts";
import type { MemberStatus } from "../../api/member.ts";
import type { Claim } from "../../wire/messages/messages.ts";
import type { JoinIntent, LeaveIntent } from "../../wire/messages/serf_messages.ts";
import type { Broadcasts } from "../broadcasts.ts";
import type { SerfContext } from "../context.ts";
import type { CoordinateTracker } from "../coordinates/coordinate_tracker.ts";
import { EncodedMessage } from "../encoded_message.ts";
import { timeAfter } from "../lamport.ts";
import type { EventDelivery } from "../events/event_delivery.ts";
import type { OutgoingQueries } from "../queries/outgoing_queries.ts";
import type { LamportTime } from "../../base/lamport_time.ts";
import type { News } from "../../swim/gossip/gossip.ts";
import type { Swim } from "../../swim/swim.ts";
import { IntentBuffer } from "./intent_buffer.ts";
import { MemberRecord } from "./member_table.ts";
import type { PartitionHealer } from "./partition_healer.ts";

/** The status of a member after a leave intent about it. */
const AFTER_LEAVE: Readonly<Record<MemberStatus, MemberStatus>> = {
  none: "none",
  alive: "leaving",
  leaving: "leaving",
  left: "left",
  failed: "left",
};

/** A failed member that is back within this time counts as flapping, in milliseconds (Serf's `FlapTimeout`). */
const FLAP_MS = 60_000;

/** A member that was pruned although SWIM takes it for alive. */
interface PrunedMember {
  /** Its latest claim, and the Lamport time of the leave intent. */
  readonly record: MemberRecord;
  /** When it was pruned, in milliseconds of the world. */
  readonly since: number;
}

/** Keeps the table of members up to date, and delivers member events. */
export class MemberStatuses {
  readonly #context: SerfContext;
  readonly #broadcasts: Broadcasts;
  readonly #delivery: EventDelivery;
  readonly #queries: OutgoingQueries;
  readonly #coordinates: CoordinateTracker | undefined;
  readonly #healer: PartitionHealer;
  readonly #swim: Swim;
  readonly #intents = new IntentBuffer();
  readonly #prunedAlive = new Map<string, PrunedMember>();

  constructor(
    context: SerfContext,
    { broadcasts, delivery, queries, coordinates, healer, swim }: {
      broadcasts: Broadcasts;
      delivery: EventDelivery;
      queries: OutgoingQueries;
      coordinates: CoordinateTracker | undefined;
      healer: PartitionHealer;
      swim: Swim;
    },
  ) {
    this.#context = context;
    this.#broadcasts = broadcasts;
    this.#delivery = delivery;
    this.#queries = queries;
    this.#coordinates = coordinates;
    this.#healer = healer;
    this.#swim = swim;
  }

  /** SWIM reports that a node is alive. */
  handleNodeJoin(claim: Claim): void {
    const known = this.#context.members.get(claim.node);
    this.#prunedAlive.delete(claim.node);
    if (known === undefined) this.#makeRoom();
    this.#countJoin(claim.node);
    const record = known === undefined
      ? this.#newRecord(claim)
      : MemberRecord.of(claim, "alive", known.statusLTime);
    this.#put(record);
    this.#checkTags(record);
    this.#announce("member-join", record, "EventMemberJoin");
  }

  /** SWIM reports that a node is dead or has left. Which of the two it says does not matter: intents decide. */
  handleNodeLeave(claim: Claim): void {
    const known = this.#context.members.get(claim.node);
    this.#prunedAlive.delete(claim.node);
    // A member that was pruned alive was probed since.
    if (known === undefined) return this.#coordinates?.forget(claim.node);
    if (known.status === "leaving") {
      this.#context.config.metrics?.count("serf.member.left");
      const record = this.#put(MemberRecord.of(known.claim, "left", known.statusLTime));
      this.#announce("member-leave", record, "EventMemberLeave");
    } else if (known.status === "alive") {
      this.#context.config.metrics?.count("serf.member.failed");
      const record = this.#put(MemberRecord.of(known.claim, "failed", known.statusLTime));
      this.#announce("member-failed", record, "EventMemberFailed");
    } else {
      this.#context.log("WARN", `Bad state when leave: ${known.status}`);
    }
  }

  /** SWIM reports that a node has new tags. */
  handleNodeUpdate(claim: Claim): void {
    const known = this.#context.members.get(claim.node);
    const pruned = this.#prunedAlive.get(claim.node);
    if (pruned !== undefined) {
      const record = MemberRecord.of(claim, "leaving", pruned.record.statusLTime);
      this.#prunedAlive.set(claim.node, { ...pruned, record });
    }
    if (known === undefined) return;
    const record = this.#put(MemberRecord.of(claim, known.status, known.statusLTime));
    this.#checkTags(record);
    this.#context.config.metrics?.count("serf.member.update");
    this.#context.log("INFO", `EventMemberUpdate: ${record.name}`);
    this.#deliver({ type: "member-update", members: [record.member] });
  }

  /** Returns whether the intent was news and is to be gossiped on. */
  handleJoinIntent({ node, lTime }: JoinIntent): boolean {
    if (!this.#context.clock.witness(lTime)) return false;
    const known = this.#context.members.get(node);
    if (known === undefined) {
      const pruned = this.#prunedAlive.get(node);
      if (pruned !== undefined) return this.#handleJoinOfPruned(pruned, lTime);
      return this.#intents.offer(node, { type: "join", lTime }, this.#context.world.now);
    }
    if (lTime <= known.statusLTime) return false;
    const status = known.status === "leaving" ? "alive" : known.status;
    this.#put(known.after(status, lTime));
    return true;
  }

  /** Returns whether the intent was news and is to be gossiped on. */
  handleLeaveIntent({ node, lTime, prune }: LeaveIntent): boolean {
    if (!this.#context.clock.witness(lTime)) return false;
    const known = this.#context.members.get(node);
    if (known === undefined) {
      this.#healer.forget(node);
      return this.#intents.offer(node, { type: "leave", lTime }, this.#context.world.now);
    }
    if (lTime <= known.statusLTime) return false;
    if (node === this.#context.config.name && this.#context.local.state === "alive") {
      this.#context.log("DEBUG", "Refuting an older leave intent");
      this.broadcastJoin("urgent");
      return false;
    }
    const forced = known.status === "failed";
    if (forced || known.status === "alive") {
      this.#swim.evidence.record(node, { type: "leave-intent", forced });
    }
    // Take the time even if the status stays the same, or two nodes could gossip one intent back and forth forever.
    const record = this.#put(known.after(AFTER_LEAVE[known.status], lTime));
    if (known.status === "failed") {
      this.#announce("member-leave", record, "EventMemberLeave (forced)");
    }
    if (prune) this.#prune(record);
    return true;
  }

  /**
   * Another node lists a member as left, with the time of the last intent that it has about it. Its leave intent is not in
   * that node's state; with Serf it was later than that time. But if we have the same intent and the member is alive here, it
   * is the join intent with which the member came back, and the other node has yet to see it alive.
   */
  handleLeft(node: string, statusLTime: LamportTime): void {
    const known = this.#context.members.get(node);
    if (known?.status === "alive" && known.statusLTime === statusLTime && statusLTime > 0) return;
    const lTime = timeAfter(statusLTime);
    this.handleLeaveIntent({ type: "leave", lTime, node, prune: false });
  }

  /**
   * Broadcasts a join intent of ours with the current time, which outdates every leave intent about us. It is urgent if it
   * refutes one.
   */
  broadcastJoin(news: News = "member"): void {
    const { clock, config } = this.#context;
    const intent: JoinIntent = { type: "join", lTime: clock.time, node: config.name };
    this.handleJoinIntent(intent);
    this.#broadcasts.queue("intent", new EncodedMessage(intent), { news });
  }

  /** Creates a leave intent, about ourselves or another node, and handles it here. The caller broadcasts it. */
  createLeaveIntent(node: string, { prune }: { prune: boolean }): LeaveIntent {
    const intent: LeaveIntent = { type: "leave", lTime: this.#context.clock.tick(), node, prune };
    this.handleLeaveIntent(intent);
    return intent;
  }

  /** How long a leaving member is kept before it is pruned, in milliseconds. */
  get pruneDelayMs(): number {
    const { broadcastTimeoutMs, leavePropagateDelayMs } = this.#context.config;
    return broadcastTimeoutMs + leavePropagateDelayMs;
  }

  /** The prune delay of a member is over. It may have come back in the meantime. */
  finishPrune(node: string): void {
    const record = this.#context.members.get(node);
    if (record?.status === "leaving" || record?.status === "left") this.#eraseByForce(record);
  }

  /** Erases members that failed or left too long ago, and old intents. */
  reap(): void {
    const { config, members, world } = this.#context;
    this.#revertStaleLeaves(world.now - config.recentIntentTimeoutMs);
    this.#reapAfter(members.failed, config.reconnectTimeoutMs);
    this.#reapAfter(members.left, config.tombstoneTimeoutMs);
    this.#intents.expire(world.now - config.recentIntentTimeoutMs);
  }

  /** Erases a member that left or failed, those that left first, so that a new one takes its place. */
  #makeRoom(): void {
    const { config, members } = this.#context;
    if (members.size < config.maxMembers) return;
    for (const goneSince of [members.left, members.failed]) {
      for (const name of goneSince.keys()) {
        const record = members.get(name);
        if (record === undefined) continue;
        this.#context.log("INFO", `EventMemberReap: ${name}`);
        return this.#erase(record);
      }
    }
  }

  #countJoin(node: string): void {
    const { config: { metrics }, members, world } = this.#context;
    if (metrics === undefined) return;
    const failedSince = members.failed.get(node) ?? -Infinity;
    if (world.now - failedSince < FLAP_MS) metrics.count("serf.member.flap");
    metrics.count("serf.member.join");
  }

  #newRecord(claim: Claim): MemberRecord {
    const intent = this.#intents.take(claim.node);
    const status = intent?.type === "leave" ? "leaving" : "alive";
    return MemberRecord.of(claim, status, intent?.lTime ?? 0);
  }

  /** A leaving member first gets the time to be declared dead, or its death would arrive as that of an unknown node. */
  #prune(record: MemberRecord): void {
    if (record.status !== "leaving") return this.#eraseByForce(record);
    this.#context.world.after(this.pruneDelayMs, { type: "prune", node: record.name });
  }

  /**
   * Makes members alive again that were leaving before `deadline` and are still here. Lamport times cannot always tell
   * whether a leave was before or after a return, so an old leave intent may arrive after the member has come back.
   */
  #revertStaleLeaves(deadline: number): void {
    const { config, members } = this.#context;
    for (const [name, since] of [...members.leaving]) {
      const record = members.get(name);
      if (since >= deadline || record === undefined || name === config.name) continue;
      this.#put(MemberRecord.of(record.claim, "alive", record.statusLTime));
    }
  }

  /**
   * A member that was pruned alive is a member again if its join intent is newer than the leave: it has refuted that. An
   * older one shows that the leave may never have reached it; it is told, so that it can refute.
   */
  #handleJoinOfPruned({ record, since }: PrunedMember, lTime: LamportTime): boolean {
    const { claim, name: node, statusLTime } = record;
    if (lTime > statusLTime) {
      this.#prunedAlive.delete(node);
      const back = this.#put(MemberRecord.of(claim, "alive", lTime));
      this.#announce("member-join", back, "EventMemberJoin");
      return true;
    }
    const { config, world } = this.#context;
    if (world.now - since > config.reconnectIntervalMs) {
      // The join may have the same time as the leave, and would not be older than that.
      const lTime = timeAfter(statusLTime);
      const leave: LeaveIntent = { type: "leave", lTime, node, prune: false };
      this.#swim.sendUser(claim.address, new EncodedMessage(leave));
    }
    return false;
  }

  #reapAfter(goneSince: ReadonlyMap<string, number>, timeoutMs: number): void {
    const { config: { reconnectTimeoutOverride: override }, members, world } = this.#context;
    for (const [name, since] of [...goneSince]) {
      const record = members.get(name);
      if (record === undefined) continue;
      const ownTimeoutMs = override?.(record.member, timeoutMs) ?? timeoutMs;
      if (world.now - since <= ownTimeoutMs) continue;
      this.#context.log("INFO", `EventMemberReap: ${name}`);
      this.#erase(record);
    }
  }

  #eraseByForce(record: MemberRecord): void {
    const { config, world } = this.#context;
    if (record.name === config.name) return;
    if (record.status === "leaving") {
      this.#prunedAlive.set(record.name, { record, since: world.now });
    }
    this.#context.log(
      "INFO",
      `EventMemberReap (forced): ${record.name} ${record.claim.address.host}`,
    );
    this.#erase(record);
  }

  #erase(record: MemberRecord): void {
    this.#context.members.delete(record.name);
    this.#coordinates?.forget(record.name);
    this.#deliver({ type: "member-reap", members: [record.member] });
  }

  #put(record: MemberRecord): MemberRecord {
    this.#context.members.put(record, this.#context.world);
    return record;
  }

  #checkTags({ tagsProblem }: MemberRecord): void {
    if (tagsProblem !== undefined) {
      this.#context.log("ERR", `Failed to decode tags: ${tagsProblem}`);
    }
  }

  #announce(type: MemberEventType, record: MemberRecord, title: string): void {
    this.#context.log("INFO", `${title}: ${record.name} ${record.claim.address.host}`);
    this.#deliver({ type, members: [record.member] });
  }

  #deliver(event: MemberEvent): void {
    this.#delivery.deliverMemberEvent(event);
    this.#healer.observe(event);
    if (event.type !== "member-failed" && event.type !== "member-leave") return;
    for (const { name } of event.members) this.#queries.memberGone(name);
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { intents: this.#intents.save(), prunedAlive: this.#prunedAlive };
  }

  load({ intents, prunedAlive }: ReturnType<MemberStatuses["save"]>): void {
    this.#intents.load(intents);
    for (const [name, { record, since }] of prunedAlive) {
      this.#prunedAlive.set(name, { record: MemberRecord.restore(record), since });
    }
  }
}
