/**
 * Invariants: what must hold at every moment of every run. The simulator checks them in every scenario.
 *
 * @module
 */

import type { LamportTime } from "../base/lamport_time.ts";
import type { MemberEvent, MemberEventType, UserEvent } from "../api/event.ts";
import type { SerfOutput } from "../serf/output.ts";
import type { SnapshotEntry } from "../serf/snapshot/snapshot.ts";
import type { Claim, StreamMessage } from "../wire/messages/messages.ts";

/** The views of only this many nodes are checked, because each view takes memory. */
const WATCHED = 64;

/** For each member event: the states of the member before it that are legal, and the state after it. */
const transitions: Readonly<
  Record<MemberEventType, { from: readonly MemberView[]; to: MemberView }>
> = {
  "member-join": { from: ["unknown", "left", "failed"], to: "alive" },
  "member-update": { from: ["alive"], to: "alive" },
  "member-leave": { from: ["alive", "failed"], to: "left" },
  "member-failed": { from: ["alive"], to: "failed" },
  // A member that is still alive is erased by a force-leave with prune.
  "member-reap": { from: ["alive", "left", "failed"], to: "unknown" },
};

type MemberView = "unknown" | "alive" | "left" | "failed";

/** What was seen of a node since its process was started. */
interface Watched {
  /** The state of each member that follows from the events delivered to the user. */
  readonly members: Map<string, MemberView>;
  /** The claims in its last state exchange. */
  claims: Map<string, Claim>;
  /** Time, name and payload of each user event that was delivered. */
  readonly userEvents: Set<string>;
  /** The last reading of each clock. */
  readonly clocks: Map<string, LamportTime>;
}

/** The figures of a node that are checked between runs. */
export interface Gauges {
  /** Lamport clocks and queue lengths by name, as a node reports them. */
  readonly stats: Readonly<Record<string, string>>;
  /** The longest that a broadcast queue may be. */
  readonly maxQueueDepth: number;
}

/** Checks what nodes do, and reports violations. */
export class Invariants {
  readonly #report: (node: number, problem: string) => void;
  readonly #nodes = new Map<number, Watched>();

  constructor(report: (node: number, problem: string) => void) {
    this.#report = report;
  }

  /** The process of a node was started: it has no memory, and may begin with any incarnation. */
  started(node: number, name: string): void {
    for (const watched of this.#nodes.values()) watched.claims.delete(name);
    if (node >= WATCHED) return;
    this.#nodes.set(node, {
      members: new Map(),
      claims: new Map(),
      userEvents: new Set(),
      clocks: new Map(),
    });
  }

  /** A node emitted something to its host. */
  emitted(node: number, output: SerfOutput): void {
    const watched = this.#nodes.get(node);
    if (watched === undefined) return;
    switch (output.type) {
      case "member-join":
      case "member-leave":
      case "member-failed":
      case "member-update":
      case "member-reap":
        return this.#memberEvent(node, watched, output);
      case "user":
        return this.#userEvent(node, watched, output);
      case "snapshot":
        return this.#snapshotEntry(node, watched, output.entry);
    }
  }

  /** A node sent a message on a stream; state exchanges are checked. */
  streamSent(node: number, message: StreamMessage): void {
    const watched = this.#nodes.get(node);
    if (watched === undefined || message.type !== "push-pull") return;
    const claims = new Map<string, Claim>();
    for (const claim of message.nodes) {
      const before = watched.claims.get(claim.node);
      // A dead node may have been forgotten since, and learnt of again.
      const gone = before === undefined || before.state === "dead" || before.state === "left";
      if (!gone && claim.incarnation < before.incarnation) {
        this.#report(
          node,
          `the incarnation of ${claim.node} fell from ${before.incarnation} to ${claim.incarnation}`,
        );
      }
      claims.set(claim.node, claim);
    }
    watched.claims = claims;
  }

  /** Checks a node's figures. */
  measured(node: number, { stats, maxQueueDepth }: Gauges): void {
    const watched = this.#nodes.get(node);
    if (watched === undefined) return;
    for (const name of ["member_time", "event_time", "query_time"]) {
      this.#clock(node, watched, { name, now: Number(stats[name]) });
    }
    for (const name of ["intent_queue", "event_queue", "query_queue"]) {
      if (!(Number(stats[name]) <= maxQueueDepth)) {
        this.#report(node, `${name} holds ${stats[name]} broadcasts, more than ${maxQueueDepth}`);
      }
    }
  }

  #memberEvent(node: number, watched: Watched, event: MemberEvent): void {
    const { from, to } = transitions[event.type];
    for (const { name } of event.members) {
      const state = watched.members.get(name) ?? "unknown";
      if (!from.includes(state)) {
        this.#report(node, `${event.type} of ${name}, which was ${state}`);
      }
      watched.members.set(name, to);
      // A dead node may be forgotten, and learnt of again with an old claim, before the next state exchange.
      if (to !== "alive") watched.claims.delete(name);
    }
  }

  #userEvent(node: number, watched: Watched, event: UserEvent): void {
    const key = `${event.lTime}/${event.name}/${event.payload?.join() ?? ""}`;
    if (watched.userEvents.has(key)) {
      this.#report(node, `user event ${event.name} of time ${event.lTime} was delivered twice`);
    }
    watched.userEvents.add(key);
  }

  #snapshotEntry(node: number, watched: Watched, entry: SnapshotEntry): void {
    if (!("lTime" in entry)) return;
    this.#clock(node, watched, { name: `snapshot ${entry.type}`, now: entry.lTime });
  }

  #clock(node: number, watched: Watched, { name, now }: { name: string; now: LamportTime }): void {
    const before = watched.clocks.get(name) ?? 0;
    if (!(now >= before)) this.#report(node, `${name} went from ${before} to ${now}`);
    watched.clocks.set(name, now);
  }
}
