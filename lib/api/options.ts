/**
 * Options of the operations that `Serf` and `RpcClient` have in common.
 *
 * @module
 */

import type { EventType } from "./event.ts";

/** Options of an operation that takes time. */
export interface CallOptions {
  /** Ends the wait, not the work: what was asked for may still happen. */
  readonly signal?: AbortSignal;
}

/** How a join is made. */
export interface JoinOptions extends CallOptions {
  /** Whether user events that happened before the join are delivered too, as far as the others keep them. Default false. */
  readonly replay?: boolean;
}

/** How a failed member is declared to have left. */
export interface ForceLeaveOptions extends CallOptions {
  /** Whether all members forget it at once. Default false. */
  readonly prune?: boolean;
}

/** Changes to the tags of a member. Deletions act on the old tags: a tag that is also set stays. */
export interface TagChange {
  /** Tags to add or replace. */
  readonly set?: Readonly<Record<string, string>>;
  /** Names of tags to remove. */
  readonly delete?: readonly string[];
}

/** How a user event is sent. */
export interface UserEventOptions {
  /** Whether receivers that fall behind may keep only the latest event of this name. Default false. */
  readonly coalesce?: boolean;
}

/** Which events a subscription delivers, and how many it keeps. */
export interface EventsOptions<Type extends EventType = "*"> {
  /** The types of events, in the words of event handlers: `member-failed`, `user`, `user:deploy`. Default: all. */
  readonly types?: readonly Type[];
  /** How many events are kept for a slow reader before they are dropped and counted. Default 1024. */
  readonly capacity?: number;
  /** Ends the subscription with the signal's reason. */
  readonly signal?: AbortSignal;
}
