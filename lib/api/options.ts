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

/** The names of each kind of options, for checks. */
export const OPTION_NAMES = {
  call: ["signal"],
  events: ["types", "capacity", "signal"],
  forceLeave: ["prune", "signal"],
  join: ["replay", "signal"],
  memberFilter: ["name", "status", "tags"],
  query: [
    "nodes",
    "tags",
    "requestAck",
    "relayFactor",
    "timeoutMs",
    "waitForTimeout",
    "failures",
    "capacity",
    "signal",
  ],
  tagChange: ["set", "delete"],
  userEvent: ["coalesce"],
} as const;
