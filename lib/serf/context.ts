/**
 * What all parts of a Serf node share: its settings, its world, the members, and the member clock.
 *
 * @module
 */

import type { SerfState } from "../api/serf_state.ts";
import type { LogLevel } from "../base/log.ts";
import type { World } from "../base/world.ts";
import type { SwimTimer } from "../swim/timer.ts";
import type { Exchange, Packet } from "../wire/messages/messages.ts";
import type { SerfConfig, SerfCoreOptions } from "./config.ts";
import { LamportClock } from "./lamport.ts";
import { DatagramLog } from "./datagram_log.ts";
import { MemberTable } from "./members/member_table.ts";
import { Expressions } from "./queries/expressions.ts";
import type { SerfOutput } from "./output.ts";

/** The timers of the Serf layer, without those of SWIM. */
export type SerfLayerTimer =
  /** Erase members that failed or left long ago, and old intents. */
  | { readonly type: "reap" }
  /** Try a failed member again. */
  | { readonly type: "reconnect" }
  /** Check the length of the broadcast queues. */
  | { readonly type: "check-queues" }
  /** Record the member clock in the snapshot. */
  | { readonly type: "record-clock" }
  /** A coalescing window may be over. */
  | { readonly type: "coalesce"; readonly of: "member" | "user" }
  /** The query that we sent under this id has timed out. */
  | { readonly type: "query-timeout"; readonly id: number }
  /** A member that is to be pruned had the time to leave by itself. */
  | { readonly type: "prune"; readonly node: string }
  /** The same, for the force-leave with this operation id, which then is done. */
  | { readonly type: "prune-done"; readonly id: number }
  /** A broadcast was sent as often as it is going to be, or its timeout is over. */
  | { readonly type: "broadcast-done"; readonly token: number; readonly sent: boolean }
  /** There may be room for user events that wait to be sent. */
  | { readonly type: "send-pending-events" }
  /** Our leave intent had the time to reach everybody. */
  | { readonly type: "leave-propagated" }
  /** The news that we have left had the time to spread. */
  | { readonly type: "left" };

/** Every timer of a Serf node, those of SWIM included. */
export type SerfTimer = SwimTimer | SerfLayerTimer;

/** The world of a Serf node. */
export type SerfWorld = World<Packet, Exchange, SerfTimer, SerfOutput>;

/** What changes about this node itself. */
export interface LocalNode {
  tags: Readonly<Record<string, string>>;
  state: SerfState;
}

/** What every part of a node is given. */
export class SerfContext {
  readonly config: SerfConfig;
  readonly world: SerfWorld;
  readonly members: MemberTable;
  /** The Lamport clock of join and leave intents. */
  readonly clock: LamportClock;
  readonly local: LocalNode;
  readonly datagramLog = new DatagramLog();
  /** Compiles tag filters. All events for the user go through it, so that they stay in order. */
  readonly expressions: Expressions;

  constructor(
    config: SerfConfig,
    world: SerfWorld,
    { snapshot, compileExpression }: SerfCoreOptions = {},
  ) {
    this.config = config;
    this.world = world;
    this.members = new MemberTable(() => world.random());
    this.clock = new LamportClock(snapshot?.clock, this);
    this.expressions = new Expressions(world, compileExpression);
    this.local = { tags: { ...config.tags }, state: "alive" };
  }

  /** Writes a line to the log, with `serf: ` before the text. */
  log(level: LogLevel, text: string): void {
    if (!this.datagramLog.allows("serf", level, this.world.now)) return;
    this.world.emit({ type: "log", level, text: `serf: ${text}` });
  }

  /** Tells the host that the operation with this id is over, and what went wrong, if anything. */
  done(id: number, error?: string): void {
    this.world.emit({ type: "done", id, error });
  }

  /** See {@link SerfCore.save}. */
  save() {
    return {
      members: this.members.save(),
      clock: this.clock.save(),
      local: this.local,
      datagramLog: this.datagramLog.save(),
      expressions: this.expressions.save(),
    };
  }

  load(saved: ReturnType<SerfContext["save"]>): void {
    this.members.load(saved.members);
    this.clock.load(saved.clock);
    Object.assign(this.local, saved.local);
    this.datagramLog.load(saved.datagramLog);
    this.expressions.load(saved.expressions);
  }
}
