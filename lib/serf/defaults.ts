/**
 * The settings of the reference.
 *
 * @module
 */

import { profiles } from "../swim/config.ts";
import type { SerfConfig } from "./contract.ts";

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
