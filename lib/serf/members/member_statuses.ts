/**
 * How members come, go and change: what the membership layer reports, combined with what nodes announce.
 *
 * The announcements (intents) decide between leaving and failing: a node that dies after it announced its leave has
 * left, any other has failed, whatever the membership layer makes of it.
 *
 * @module
 */

import type { Claim } from "../../wire/messages/messages.ts";
import type { JoinIntent, LeaveIntent } from "../../wire/messages/serf_messages.ts";
import type { SerfContext } from "../context.ts";
import type { MemberEvent, MemberEventType } from "../../api/event.ts";
import type { MemberStatus } from "../../api/member.ts";
import { IntentBuffer } from "./intent_buffer.ts";
import type { LamportClock } from "../lamport.ts";
import { MemberRecord, type MemberTable } from "./member_table.ts";

/** The status of a member after it is said to leave. */
const AFTER_LEAVE: Readonly<Record<MemberStatus, MemberStatus>> = {
  none: "none",
  alive: "leaving",
  leaving: "leaving",
  left: "left",
  failed: "left",
};

/** A failed member that is back within this time flaps; milliseconds. */
const FLAP_MS = 60_000;

/** What members' changes set off elsewhere. */
export interface StatusEffects {
  /** Something happened to a member. */
  report(event: MemberEvent): void;
  /** Somebody says that we leave, which we do not: the intent that says so is to be gossiped. */
  refute(intent: JoinIntent): void;
  /** A node that is not a member is said to have left. */
  leftUnknown(name: string): void;
  /** A member was erased. */
  forget(name: string): void;
  /** Whether we take part, neither leaving nor gone. */
  isAlive(): boolean;
}

/** Keeps the {@link MemberTable} up to date. */
export class MemberStatuses {
  readonly #context: SerfContext;
  readonly #table: MemberTable;
  readonly #clock: LamportClock;
  readonly #effects: StatusEffects;
  readonly #intents = new IntentBuffer();

  constructor(
    context: SerfContext,
    parts: { table: MemberTable; clock: LamportClock; effects: StatusEffects },
  ) {
    this.#context = context;
    this.#table = parts.table;
    this.#clock = parts.clock;
    this.#effects = parts.effects;
  }

  /** The membership layer says that a node is alive. */
  joined(claim: Claim): void {
    const known = this.#table.get(claim.node);
    this.#countJoin(claim.node);
    const record = known === undefined
      ? this.#fresh(claim)
      : MemberRecord.of(claim, "alive", known.statusLTime);
    this.#put(record);
    this.#announce("member-join", record, "EventMemberJoin");
  }

  /** The membership layer says that a node is dead or has left: the same thing to us. */
  gone(claim: Claim): void {
    const known = this.#table.get(claim.node);
    if (known === undefined) return;
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

  /** The membership layer says that a node has new tags. */
  updated(claim: Claim): void {
    const known = this.#table.get(claim.node);
    if (known === undefined) return;
    const record = this.#put(MemberRecord.of(claim, known.status, known.statusLTime));
    this.#context.config.metrics?.count("serf.member.update");
    this.#context.log("INFO", `EventMemberUpdate: ${record.name}`);
    this.#effects.report({ type: "member-update", members: [record.member] });
  }

  /** Handles a join intent; returns whether it is news and to be passed on. */
  receiveJoin({ node, lTime }: JoinIntent): boolean {
    this.#clock.witness(lTime);
    const known = this.#table.get(node);
    if (known === undefined) {
      return this.#intents.offer(node, { type: "join", lTime }, this.#context.world.now);
    }
    if (lTime <= known.statusLTime) return false;
    const status = known.status === "leaving" ? "alive" : known.status;
    this.#put(MemberRecord.of(known.claim, status, lTime));
    return true;
  }

  /** Handles a leave intent; returns whether it is news and to be passed on. */
  receiveLeave({ node, lTime, prune }: LeaveIntent): boolean {
    this.#clock.witness(lTime);
    const known = this.#table.get(node);
    if (known === undefined) {
      this.#effects.leftUnknown(node);
      return this.#intents.offer(node, { type: "leave", lTime }, this.#context.world.now);
    }
    if (lTime <= known.statusLTime) return false;
    if (node === this.#context.config.name && this.#effects.isAlive()) {
      this.#refute();
      return false;
    }
    // The time counts even if the status stays the same, or two nodes could pass one intent back and forth for ever.
    const record = this.#put(MemberRecord.of(known.claim, AFTER_LEAVE[known.status], lTime));
    if (known.status === "failed") {
      this.#announce("member-leave", record, "EventMemberLeave (forced)");
    }
    if (prune) this.#prune(record);
    return true;
  }

  /** Announces that we are here, with the current time; returns what is to be gossiped. */
  announceSelf(): JoinIntent {
    const intent: JoinIntent = {
      type: "join",
      lTime: this.#clock.time,
      node: this.#context.config.name,
    };
    this.receiveJoin(intent);
    return intent;
  }

  /** Says of a node that it leaves, be it ourselves; returns what is to be gossiped. */
  announceLeave(node: string, prune: boolean): LeaveIntent {
    const intent: LeaveIntent = { type: "leave", lTime: this.#clock.tick(), node, prune };
    this.receiveLeave(intent);
    return intent;
  }

  /** How long a member that is leaving is kept before it is pruned. */
  get pruneDelayMs(): number {
    const { broadcastTimeoutMs, leavePropagateDelayMs } = this.#context.config;
    return broadcastTimeoutMs + leavePropagateDelayMs;
  }

  /** A member that is to be pruned had its time to leave; it may have come back instead. */
  finishPrune(node: string): void {
    const record = this.#table.get(node);
    if (record?.status === "leaving" || record?.status === "left") this.#eraseByForce(record);
  }

  /** Forgets members that are gone for too long, and what old intents said. */
  reap(): void {
    const { config, world } = this.#context;
    this.#keepStayers(world.now - config.recentIntentTimeoutMs);
    this.#reapGone(this.#table.failed, world.now - config.reconnectTimeoutMs);
    this.#reapGone(this.#table.left, world.now - config.tombstoneTimeoutMs);
    this.#intents.expire(world.now - config.recentIntentTimeoutMs);
  }

  #countJoin(node: string): void {
    const { config: { metrics }, world } = this.#context;
    const failedSince = this.#table.failed.get(node) ?? -Infinity;
    if (world.now - failedSince < FLAP_MS) metrics?.count("serf.member.flap");
    metrics?.count("serf.member.join");
  }

  #fresh(claim: Claim): MemberRecord {
    const intent = this.#intents.take(claim.node);
    return MemberRecord.of(
      claim,
      intent?.type === "leave" ? "leaving" : "alive",
      intent?.lTime ?? 0,
    );
  }

  #refute(): void {
    this.#context.log("DEBUG", "Refuting an older leave intent");
    this.#effects.refute(this.announceSelf());
  }

  /** A member that is leaving gets the time to do so, so that it is not taken for a new one when its death arrives. */
  #prune(record: MemberRecord): void {
    if (record.status !== "leaving") return this.#eraseByForce(record);
    this.#context.world.after(this.pruneDelayMs, { type: "prune", node: record.name });
  }

  /**
   * A member that was about to leave so long ago and has not been lost since is alive. Its leave was an old one that
   * somebody told us of after its return: times do not always tell which of the two came last.
   */
  #keepStayers(deadline: number): void {
    for (const [name, since] of [...this.#table.leaving]) {
      const record = this.#table.get(name);
      if (since >= deadline || record === undefined || name === this.#context.config.name) continue;
      this.#put(MemberRecord.of(record.claim, "alive", record.statusLTime));
    }
  }

  #reapGone(goneSince: ReadonlyMap<string, number>, deadline: number): void {
    for (const [name, since] of [...goneSince]) {
      const record = this.#table.get(name);
      if (since >= deadline || record === undefined) continue;
      this.#context.log("INFO", `EventMemberReap: ${name}`);
      this.#erase(record);
    }
  }

  #eraseByForce(record: MemberRecord): void {
    if (record.name === this.#context.config.name) return;
    this.#context.log(
      "INFO",
      `EventMemberReap (forced): ${record.name} ${record.claim.address.host}`,
    );
    this.#erase(record);
  }

  #erase(record: MemberRecord): void {
    this.#table.delete(record.name);
    this.#effects.forget(record.name);
    this.#effects.report({ type: "member-reap", members: [record.member] });
  }

  #put(record: MemberRecord): MemberRecord {
    this.#table.put(record, this.#context.world.now);
    return record;
  }

  #announce(type: MemberEventType, record: MemberRecord, title: string): void {
    this.#context.log("INFO", `${title}: ${record.name} ${record.claim.address.host}`);
    this.#effects.report({ type, members: [record.member] });
  }
}
