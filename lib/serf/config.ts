/**
 * The settings of a Serf node, and the defaults that Serf has for them.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { Metrics } from "../base/metrics.ts";
import { type Profile, profiles } from "../swim/config.ts";

/** Settings of a Serf node. Times are milliseconds, sizes bytes. */
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

/** The settings that do not say which node this is. */
export type SerfSettings = Omit<SerfConfig, "name" | "address" | "tags">;

/** What a node is made of that is created as a library: events come one by one. */
export const librarySettings: SerfSettings = {
  protocol: 4,
  profile: profiles.lan,
  broadcastTimeoutMs: 5_000,
  leavePropagateDelayMs: 1_000,
  eventBuffer: 512,
  queryBuffer: 512,
  reapIntervalMs: 15_000,
  recentIntentTimeoutMs: 5 * 60_000,
  reconnectIntervalMs: 30_000,
  reconnectTimeoutMs: 24 * 3_600_000,
  tombstoneTimeoutMs: 24 * 3_600_000,
  queueCheckIntervalMs: 30_000,
  queueDepthWarning: 128,
  maxQueueDepth: 4_096,
  minQueueDepth: 0,
  queryTimeoutMult: 16,
  queryResponseSizeLimit: 1_024,
  querySizeLimit: 1_024,
  userEventSizeLimit: 512,
  coalescePeriodMs: 0,
  quiescentPeriodMs: 0,
  userCoalescePeriodMs: 0,
  userQuiescentPeriodMs: 0,
  resolveNameConflicts: true,
  coordinates: true,
  validateNodeNames: false,
};

/** What Serf's agent sets differently: it speaks the newest protocol and coalesces events. */
export const agentSettings = {
  protocol: 5,
  coalescePeriodMs: 3_000,
  quiescentPeriodMs: 1_000,
  userCoalescePeriodMs: 3_000,
  userQuiescentPeriodMs: 1_000,
} as const satisfies Partial<SerfSettings>;
