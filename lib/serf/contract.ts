/**
 * The public vocabulary of the Serf layer: members, events, settings, and what the machine tells its host.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { JoinFailure } from "../base/errors.ts";
import type { LogEvent } from "../base/world.ts";
import type { Profile } from "../swim/config.ts";

/** Serf's view of a member. */
export type MemberStatus = "none" | "alive" | "leaving" | "left" | "failed";

/** A member of the cluster as one node sees it. Immutable: a change makes a new object. */
export interface Member {
  readonly name: string;
  readonly address: Address;
  readonly tags: Readonly<Record<string, string>>;
  readonly status: MemberStatus;
  /** Membership protocol versions. */
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly protocolCur: number;
  /** Serf protocol versions. */
  readonly delegateMin: number;
  readonly delegateMax: number;
  readonly delegateCur: number;
}

/** The types of member events, in the words of handlers and streams. */
export type MemberEventType =
  | "member-join"
  | "member-leave"
  | "member-failed"
  | "member-update"
  | "member-reap";

/** Something happened to members; coalescing may put several into one event. */
export interface MemberEvent {
  readonly type: MemberEventType;
  readonly members: readonly Member[];
}

/** Somebody sent a user event. */
export interface UserEvent {
  readonly type: "user";
  readonly lTime: number;
  readonly name: string;
  readonly payload: Uint8Array | null;
  /** Whether the sender allowed coalescing. */
  readonly coalesce: boolean;
}

/** Somebody asks a query that is meant for us. */
export interface QueryEvent {
  readonly type: "query";
  readonly lTime: number;
  /** Random id; with `lTime` it identifies the query. */
  readonly id: number;
  readonly name: string;
  readonly payload: Uint8Array | null;
  /** The node that asked; empty if an old peer left it out. */
  readonly sourceNode: string;
  /** When answers are no longer taken, in the world's milliseconds. */
  readonly deadline: number;
}

/** What the layer delivers to its user. */
export type SerfEvent = MemberEvent | UserEvent | QueryEvent;

/** One ack or answer to a query of ours. */
export type QueryRecord =
  | { readonly type: "ack"; readonly from: string }
  | { readonly type: "response"; readonly from: string; readonly payload: Uint8Array | null };

/** What a snapshot remembers; see wire.md section 9. */
export type SnapshotEntry =
  | { readonly type: "alive"; readonly name: string; readonly address: Address }
  | { readonly type: "not-alive"; readonly name: string }
  | { readonly type: "clock" | "event-clock" | "query-clock"; readonly lTime: number }
  | { readonly type: "leave" };

/** What a machine starts from when there is a snapshot. */
export interface SnapshotState {
  /** Members that were alive, by name, self included. */
  readonly alive: ReadonlyMap<string, Address>;
  readonly clock: number;
  readonly eventClock: number;
  readonly queryClock: number;
}

/** What the machine tells its host. */
export type SerfOutput =
  | SerfEvent
  | LogEvent
  /** A line for the snapshot file. */
  | { readonly type: "snapshot"; readonly entry: SnapshotEntry }
  /** An ack or answer to the query that was started under this operation id. */
  | { readonly type: "query-record"; readonly id: number; readonly record: QueryRecord }
  /** The join that was started under this id is over. */
  | {
    readonly type: "joined";
    readonly id: number;
    /** How many addresses were reached. */
    readonly count: number;
    readonly failures: readonly JoinFailure[];
  }
  /** The operation that was started under this id is over; for a query: no more records follow. */
  | { readonly type: "done"; readonly id: number; readonly error?: string }
  /** The keyring was changed by the cluster: write its file. */
  | { readonly type: "keyring-changed" }
  /** A name conflict was lost: shut down at once, without a leave. */
  | { readonly type: "shutdown"; readonly reason: string };

/** Settings of the Serf machine. Times are milliseconds, sizes bytes (wire.md section 5.1). */
export interface SerfConfig {
  /** This node's name, unique in the cluster. */
  readonly name: string;
  /** The address we announce. */
  readonly address: Address;
  readonly tags: Readonly<Record<string, string>>;
  /** Serf protocol spoken, 2 to 5. */
  readonly protocol: number;
  readonly profile: Profile;
  readonly broadcastTimeoutMs: number;
  readonly leavePropagateDelayMs: number;
  /** Slots of the user event buffer, and of the query buffer. */
  readonly eventBuffer: number;
  readonly queryBuffer: number;
  readonly reapIntervalMs: number;
  readonly recentIntentTimeoutMs: number;
  readonly reconnectIntervalMs: number;
  readonly reconnectTimeoutMs: number;
  readonly tombstoneTimeoutMs: number;
  readonly queueCheckIntervalMs: number;
  readonly queueDepthWarning: number;
  readonly maxQueueDepth: number;
  readonly minQueueDepth: number;
  readonly queryTimeoutMult: number;
  readonly queryResponseSizeLimit: number;
  readonly querySizeLimit: number;
  readonly userEventSizeLimit: number;
  /** Coalescing of member events; a period of 0 turns it off. */
  readonly coalescePeriodMs: number;
  readonly quiescentPeriodMs: number;
  readonly userCoalescePeriodMs: number;
  readonly userQuiescentPeriodMs: number;
  /** Whether a name conflict about ourselves is put to the vote. */
  readonly resolveNameConflicts: boolean;
  readonly coordinates: boolean;
}
