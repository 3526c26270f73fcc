/**
 * What a Serf node tells its host.
 *
 * @module
 */

import type { LamportTime } from "../base/lamport_time.ts";
import type { MemberEvent, UserEvent } from "../api/event.ts";
import type { KeyResult } from "../api/keys.ts";
import type { QueryRecord } from "../api/query.ts";
import type { Answers } from "../api/why/compare.ts";
import type { JoinFailure } from "../base/errors.ts";
import type { LogEvent } from "../base/world.ts";
import type { SnapshotEntry } from "./snapshot/snapshot.ts";

/** A query for this node. The host makes it a `QueryEvent`, which the user can respond to. */
export interface IncomingQuery {
  readonly type: "query";
  /** Lamport time of the query clock. */
  readonly lTime: LamportTime;
  /** Random id; with `lTime` it identifies the query. */
  readonly id: number;
  readonly name: string;
  readonly payload: Uint8Array | null;
  /** The member that sent the query; empty if it runs an old version that leaves this out. */
  readonly sourceNode: string;
  /** From then on it is too late for a response, in the world's milliseconds. */
  readonly deadline: number;
}

/** An event for the user, or news of an operation. */
export type SerfOutput =
  | MemberEvent
  | UserEvent
  | IncomingQuery
  | LogEvent
  /** A query has tag filters, and expressions cannot be compiled yet. Emitted once. */
  | { readonly type: "expressions-needed" }
  /** A line for the snapshot file. */
  | { readonly type: "snapshot"; readonly entry: SnapshotEntry }
  /** An ack or answer to the query that was started under this operation id. */
  | { readonly type: "query-record"; readonly id: number; readonly record: QueryRecord }
  /** The key management operation that was started under this id is over. */
  | { readonly type: "key-result"; readonly id: number; readonly result: KeyResult }
  /** The members were asked why, under this id, and what they have answered. */
  | { readonly type: "why-answers"; readonly id: number; readonly answers: Answers }
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
