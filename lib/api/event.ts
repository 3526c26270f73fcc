/**
 * The events that a member of a cluster delivers.
 *
 * @module
 */

import type { Member } from "./member.ts";

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
