/**
 * The settings of a Serf node, and the defaults that Serf has for them.
 *
 * @module
 */

import type { Member } from "../api/member.ts";
import type { Address } from "../base/address.ts";
import type { Metrics } from "../base/metrics.ts";
import type { CompileExpression } from "../go/regexp.ts";
import { type Profile, profiles } from "../swim/config.ts";
import type { Keyring } from "../wire/framing/keyring.ts";
import type { SnapshotState } from "./snapshot/snapshot.ts";

/**
 * Timing, limits and switches of the Serf protocol. Times are milliseconds, sizes bytes; the defaults, which are named
 * here, are those of Serf's library.
 */
export interface ProtocolSettings {
  /** How long a leave, force-leave or change of tags waits for its broadcast. Default 5,000. */
  readonly broadcastTimeoutMs: number;
  /** How long a node that has left keeps running while the news spreads. Default 1,000. */
  readonly leavePropagateDelayMs: number;
  /** How many Lamport times of user events are kept, to recognise events that arrive again. Default 512. */
  readonly eventBuffer: number;
  /** The same for queries. Default 512. */
  readonly queryBuffer: number;
  /** How often members that are gone for too long are erased. Default 15,000. */
  readonly reapIntervalMs: number;
  /** How long intents about unknown nodes are kept. Default 300,000 (5 minutes). */
  readonly recentIntentTimeoutMs: number;
  /** How often this node may try to reach a failed member. Default 30,000. */
  readonly reconnectIntervalMs: number;
  /** How long a failed member is remembered. Default 86,400,000 (a day). */
  readonly reconnectTimeoutMs: number;
  /** How long a member that has left is remembered. Default 86,400,000 (a day). */
  readonly tombstoneTimeoutMs: number;
  /** How often the length of the broadcast queues is checked. Default 30,000. */
  readonly queueCheckIntervalMs: number;
  /** A queue of this many messages is logged as a warning. Default 128. */
  readonly queueDepthWarning: number;
  /** A queue is cut to this many messages, unless `minQueueDepth` is set. Default 4,096. */
  readonly maxQueueDepth: number;
  /**
   * How many members are remembered, those that failed or left included. Then new ones take the places of those that left or
   * failed first, and are ignored if all are alive. Serf sets no bound. Default 65,536, six times the largest cluster that was
   * simulated.
   */
  readonly maxMembers: number;
  /** If above 0, queues are cut to twice the number of members, but not below this many messages. Default 0. */
  readonly minQueueDepth: number;
  /** Factor of the default query timeout: `gossip interval * mult * ceil(log10(n + 1))`. Default 16. */
  readonly queryTimeoutMult: number;
  /** Largest response to a query in encoded form. Default 1,024. */
  readonly queryResponseSizeLimit: number;
  /** Largest query in encoded form. Default 1,024. */
  readonly querySizeLimit: number;
  /** Largest user event, both as name and payload and in encoded form; at most 9,216. Default 512. */
  readonly userEventSizeLimit: number;
  /** How long member events are coalesced at most; 0, the default, turns that off. An agent's: 3,000. */
  readonly coalescePeriodMs: number;
  /** Coalesced member events are delivered earlier if there was none for this long. Default 0; an agent's: 1,000. */
  readonly quiescentPeriodMs: number;
  /** How long user events that allow it are coalesced at most; 0, the default, turns that off. An agent's: 3,000. */
  readonly userCoalescePeriodMs: number;
  /** Coalesced user events are delivered earlier if there was none for this long. Default 0; an agent's: 1,000. */
  readonly userQuiescentPeriodMs: number;
  /**
   * Whether a conflict about this node's name is resolved by asking the other members; the node that loses shuts down.
   * Default true.
   */
  readonly resolveNameConflicts: boolean;
  /** Whether network coordinates are computed and exchanged. Default true. */
  readonly coordinates: boolean;
  /** Whether this node's name must consist of at most 128 ASCII letters, digits, dashes and dots. Default false. */
  readonly validateNodeNames: boolean;
}

/** Settings of a Serf node. */
export interface SerfConfig extends ProtocolSettings {
  /** This node's name, unique in the cluster. */
  readonly name: string;
  /** The address that this node announces. */
  readonly address: Address;
  /** The tags of this node, at most 512 bytes in encoded form. */
  readonly tags: Readonly<Record<string, string>>;
  /** The version of the Serf protocol to speak, 2 to 5. */
  readonly protocol: number;
  /** Timing of the membership protocol. */
  readonly profile: Profile;
  /**
   * How long one member is remembered after it failed or left, in milliseconds (Serf's `ReconnectTimeoutOverride`). It
   * is asked at every reap, and gets the member and the time that would apply without it.
   */
  readonly reconnectTimeoutOverride?: (member: Member, timeoutMs: number) => number;
  /** Whether a member may have this address; claims of others are ignored. Default: any. */
  readonly allows?: (ip: Uint8Array) => boolean;
  /** How much evidence about members is kept, bytes; 0 keeps none. Default 1,048,576. */
  readonly evidenceBytes?: number;
  /** Takes the values of metrics, if they are wanted. */
  readonly metrics?: Metrics;
}

/** The state of a node, by the names of its parts. */
export type SavedCore = Readonly<Record<string, unknown>>;

/** What a node may be given beside its settings. */
export interface SerfCoreOptions {
  /** The keys of an encrypted cluster. Key queries change it. */
  readonly keyring?: Keyring;
  /** Stores the keyring after a change and before it is confirmed. An error that it throws goes into the response. */
  readonly storeKeyring?: (keyring: Keyring) => void;
  /** The state before a restart. If it is given, even empty, `snapshot` entries are emitted. */
  readonly snapshot?: SnapshotState;
  /** Returns how many bytes the label and encryption add to a datagram. */
  readonly packetOverhead?: () => number;
  /**
   * Compiles the expressions of tag filters. Default: `expressions-needed` is emitted when a query first needs it, and the
   * host calls {@link SerfCore.loadExpressions}.
   */
  readonly compileExpression?: CompileExpression;
  /** Goes on from what {@link SerfCore.save} returned. Nothing that is drawn at random meanwhile counts. */
  readonly checkpoint?: SavedCore;
}

/** The settings that all nodes of a cluster may share. */
export type SerfSettings = Omit<SerfConfig, "name" | "address" | "tags">;

/** The defaults of Serf as a library: events are not coalesced. */
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
  maxMembers: 65_536,
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

/** How Serf's agent coalesces events. */
export const agentCoalescing = {
  coalescePeriodMs: 3_000,
  quiescentPeriodMs: 1_000,
  userCoalescePeriodMs: 3_000,
  userQuiescentPeriodMs: 1_000,
} as const satisfies Partial<ProtocolSettings>;

/** What Serf's agent sets differently: it speaks the newest protocol and coalesces events. */
export const agentSettings = {
  protocol: 5,
  ...agentCoalescing,
} as const satisfies Partial<SerfSettings>;
