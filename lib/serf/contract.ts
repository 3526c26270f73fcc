/**
 * How the Serf machine meets its host: its settings, its snapshot, and what it tells.
 *
 * @module
 */

import type { SerfEvent } from "../api/event.ts";
import type { KeyResult } from "../api/keys.ts";
import type { QueryRecord } from "../api/query.ts";
import type { Address } from "../base/address.ts";
import type { JoinFailure } from "../base/errors.ts";
import type { Metrics } from "../base/metrics.ts";
import type { LogEvent } from "../base/world.ts";
import type { Profile } from "../swim/config.ts";

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
