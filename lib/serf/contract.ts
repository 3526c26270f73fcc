/**
 * The public vocabulary of the Serf layer: members, events, settings, and what the machine tells its host.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { JoinFailure } from "../base/errors.ts";
import type { Metrics } from "../base/metrics.ts";
import type { LogEvent } from "../base/world.ts";
import type { Profile } from "../swim/config.ts";

/** Serf's view of a member. */
export type MemberStatus = "none" | "alive" | "leaving" | "left" | "failed";

/** A member of the cluster as one node sees it. Immutable: a change makes a new object. */
export interface Member {
  /** Unique in the cluster. */
  readonly name: string;
  /** Where it listens, as it announces itself. */
  readonly address: Address;
  /** What it says of itself. */
  readonly tags: Readonly<Record<string, string>>;
  /** What we believe of it. */
  readonly status: MemberStatus;
  /** Membership protocol versions. */
  readonly protocolMin: number;
  /** The newest it understands. */
  readonly protocolMax: number;
  /** The one it speaks. */
  readonly protocolCur: number;
  /** Serf protocol versions. */
  readonly delegateMin: number;
  /** The newest it understands. */
  readonly delegateMax: number;
  /** The one it speaks. */
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
  /** What happened to them. */
  readonly type: MemberEventType;
  /** Whom it happened to, as they are now. */
  readonly members: readonly Member[];
}

/** Somebody sent a user event. */
export interface UserEvent {
  /** Tells it from the other events. */
  readonly type: "user";
  /** Lamport time of the event clock. */
  readonly lTime: number;
  /** What happened, in the words of those who send and handle it. */
  readonly name: string;
  /** What goes with it; `null` when nothing does. */
  readonly payload: Uint8Array | null;
  /** Whether the sender allowed coalescing. */
  readonly coalesce: boolean;
}

/** Somebody asks a query that is meant for us. */
export interface QueryEvent {
  /** Tells it from the other events. */
  readonly type: "query";
  /** Lamport time of the query clock. */
  readonly lTime: number;
  /** Random id; with `lTime` it identifies the query. */
  readonly id: number;
  /** What is asked, in the words of those who ask and answer. */
  readonly name: string;
  /** What goes with the question; `null` when nothing does. */
  readonly payload: Uint8Array | null;
  /** The node that asked; empty if an old peer left it out. */
  readonly sourceNode: string;
  /** When answers are no longer taken, in the world's milliseconds. */
  readonly deadline: number;
}

/** What the layer delivers to its user. */
export type SerfEvent = MemberEvent | UserEvent | QueryEvent;

/** How a query is asked. */
export interface QueryOptions {
  /** Names of the members that are asked; all when absent or empty. */
  readonly nodes?: readonly string[];
  /**
   * RE2 expressions by tag name; a member is asked only if every one of them is found somewhere in the tag's value
   * (a missing tag counts as the empty text).
   */
  readonly tags?: Readonly<Record<string, string>>;
  /** Whether every member that is asked acknowledges the query at once. */
  readonly requestAck?: boolean;
  /** Through how many other members each ack and answer is sent once more, 0 (the default) to 255. */
  readonly relayFactor?: number;
  /** How long answers are taken; absent or 0 means the default, which grows with the size of the cluster. */
  readonly timeoutMs?: number;
  /**
   * Whether the query always stays open until its timeout, as in the reference. Otherwise it is over as soon as
   * every member that passes the filters and was alive or leaving when it was sent has answered and, if acks were
   * requested, acknowledged; one that fails or leaves meanwhile is no longer waited for. A reachability query
   * (`_serf_ping`), which has no answers, is over with the last ack. If we know of no such member the query waits for
   * its timeout, because only members that we have yet to hear of can answer it.
   */
  readonly waitForTimeout?: boolean;
}

/** What a key management query asks of every member: add a key, make it the primary one, drop it, or list all. */
export type KeyOperation = "install-key" | "use-key" | "remove-key" | "list-keys";

/** What the members answered to a key management query. */
export interface KeyResult {
  /** How many members were expected to answer: those alive when the query was sent, ourselves included. */
  readonly nodes: number;
  /** How many answered. */
  readonly responses: number;
  /** How many of the answers report a failure. */
  readonly failures: number;
  /** What members had to say, by member name: those that failed (maybe nothing), and those with a remark. */
  readonly messages: ReadonlyMap<string, string>;
  /** How many members have each key, by base64 key. Empty except for `list-keys`. */
  readonly keys: ReadonlyMap<string, number>;
  /** How many members have each key as their primary one, by base64 key. Empty except for `list-keys`. */
  readonly primaryKeys: ReadonlyMap<string, number>;
  /** `X/Y nodes reported failure` or `X/Y nodes reported success` unless every member answered that all is well. */
  readonly error?: string;
}

/** One ack or answer to a query of ours. */
export type QueryRecord =
  | { readonly type: "ack"; readonly from: string }
  | { readonly type: "response"; readonly from: string; readonly payload: Uint8Array | null };

/** One thing that a snapshot remembers, in the order in which it happened. */
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
  /** The key management operation that was started under this id is over. */
  | { readonly type: "key-result"; readonly id: number; readonly result: KeyResult }
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
  /** A name conflict was lost: shut down at once, without a leave. */
  | { readonly type: "shutdown"; readonly reason: string };

/** Settings of the Serf machine. Times are milliseconds, sizes bytes. */
export interface SerfConfig {
  /** This node's name, unique in the cluster. */
  readonly name: string;
  /** The address we announce. */
  readonly address: Address;
  /** What we say of ourselves; at most 512 bytes in encoded form. */
  readonly tags: Readonly<Record<string, string>>;
  /** Serf protocol spoken, 2 to 5. */
  readonly protocol: number;
  /** Timing of the membership protocol. */
  readonly profile: Profile;
  /** How long a leave, force-leave or update of tags waits until the others have been told. */
  readonly broadcastTimeoutMs: number;
  /** How long a node that has left stays to let the news spread. */
  readonly leavePropagateDelayMs: number;
  /** Slots of the user event buffer, and of the query buffer. */
  readonly eventBuffer: number;
  /** Lamport times of the query buffer. */
  readonly queryBuffer: number;
  /** How often long gone members are looked for. */
  readonly reapIntervalMs: number;
  /** How long intents about unknown members are kept. */
  readonly recentIntentTimeoutMs: number;
  /** How often a failed member is tried. */
  readonly reconnectIntervalMs: number;
  /** How long failed members are remembered. */
  readonly reconnectTimeoutMs: number;
  /** How long members that have left are remembered. */
  readonly tombstoneTimeoutMs: number;
  /** How often the broadcast queues are checked for their depth. */
  readonly queueCheckIntervalMs: number;
  /** Messages in a queue from which a warning is logged. */
  readonly queueDepthWarning: number;
  /** Messages that a queue is cut to, unless `minQueueDepth` is set. */
  readonly maxQueueDepth: number;
  /** When above 0, queues are cut to twice the number of members, but not below this. */
  readonly minQueueDepth: number;
  /** Factor of the default query timeout: `gossip interval * mult * ceil(log10(n + 1))`. */
  readonly queryTimeoutMult: number;
  /** Largest answer to a query in encoded form. */
  readonly queryResponseSizeLimit: number;
  /** Largest query in encoded form. */
  readonly querySizeLimit: number;
  /** Largest user event, both as name and payload and in encoded form; at most 9,216. */
  readonly userEventSizeLimit: number;
  /** Coalescing of member events; a period of 0 turns it off. */
  readonly coalescePeriodMs: number;
  /** How long members must be quiet before their events are delivered early. */
  readonly quiescentPeriodMs: number;
  /** Coalescing of user events that allow it; a period of 0 turns it off. */
  readonly userCoalescePeriodMs: number;
  /** How long user events must be quiet before they are delivered early. */
  readonly userQuiescentPeriodMs: number;
  /** Whether a name conflict about ourselves is put to the vote. */
  readonly resolveNameConflicts: boolean;
  /** Whether network coordinates are kept and exchanged. */
  readonly coordinates: boolean;
  /** Whether this node's name may only have ASCII letters, digits, dashes and dots, at most 128 of them. */
  readonly validateNodeNames: boolean;
  /** Takes figures, if they are wanted. */
  readonly metrics?: Metrics;
}
