/**
 * The counters of a node.
 *
 * @module
 */

import type { LamportTime } from "../base/lamport_time.ts";

/** What a node counts: its members, its clocks, its queues. */
export interface SerfStats {
  /** Members that are known, in whatever status, this one included. */
  readonly members: number;
  /** Members that have failed and are not forgotten yet. */
  readonly failed: number;
  /** Members that have left and are not forgotten yet. */
  readonly left: number;
  /** Lifeguard's local health score: 0 is healthy, up to 7 means that this node has trouble receiving from others. */
  readonly healthScore: number;
  /** Lamport time of the member clock. */
  readonly memberTime: LamportTime;
  /** Lamport time of the event clock. */
  readonly eventTime: LamportTime;
  /** Lamport time of the query clock. */
  readonly queryTime: LamportTime;
  /** Join and leave intents that wait to be gossiped. */
  readonly intentQueue: number;
  /** User events that wait to be gossiped. */
  readonly eventQueue: number;
  /** Queries that wait to be gossiped. */
  readonly queryQueue: number;
  /** How often the network coordinate was reset because it made no sense; `undefined` if coordinates are off. */
  readonly coordinateResets: number | undefined;
  /** Whether traffic is encrypted. */
  readonly encrypted: boolean;
}

/** Reads the `serf` section of an agent's `info`. What is missing there is `NaN`. */
export function parseStats(section: Readonly<Record<string, string>>): SerfStats {
  return {
    members: Number(section.members),
    failed: Number(section.failed),
    left: Number(section.left),
    healthScore: Number(section.health_score),
    memberTime: lamportTime(section.member_time),
    eventTime: lamportTime(section.event_time),
    queryTime: lamportTime(section.query_time),
    intentQueue: Number(section.intent_queue),
    eventQueue: Number(section.event_queue),
    queryQueue: Number(section.query_queue),
    coordinateResets: section.coordinate_resets === undefined
      ? undefined
      : Number(section.coordinate_resets),
    encrypted: section.encrypted === "true",
  };
}

function lamportTime(text: string): LamportTime {
  const time = Number(text);
  return time > Number.MAX_SAFE_INTEGER ? BigInt(text) : time;
}
