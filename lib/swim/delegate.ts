/**
 * The boundary to the layer above: what it supplies, and what it is told. memberlist has several interfaces for this
 * (`Delegate`, `PingDelegate`, `EventDelegate`, `ConflictDelegate`); here they are one interface and one event type.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { LogEvent } from "../base/world.ts";
import type { Claim, Message, Opaque } from "../wire/messages/messages.ts";

/** What the layer above supplies. */
export interface Delegate {
  /**
   * User messages for a packet to a member: at most `limit` bytes in all, counting for each its user type byte and
   * `overhead`. While nothing is queued the machine sleeps; `Swim.wake` tells it of something new.
   */
  broadcasts(overhead: number, limit: number, to: Address): Message[];
  /** The bytes of all user messages that wait to be gossiped, counting `overhead` for each; 0 if there are none. */
  waitingBytes(overhead: number): number;
  /** This layer's part of a state exchange. */
  localState(join: boolean): Opaque | null;
  /**
   * Merges this layer's part of another node's state, in steps that take about as long as the merging of a new node. Between
   * two steps anything may happen.
   */
  mergeRemoteState(state: Opaque, join: boolean): Iterator<undefined>;
  /** The payload of our answer to a ping. */
  ackPayload(): Uint8Array | null;
}

/** What the layer above is told. */
export type SwimEvent =
  /** A node is alive that was unknown, dead or left before. At the start, that is ourselves. */
  | { readonly type: "node-join"; readonly claim: Claim }
  /** A node died or left; `claim.state` says which. */
  | { readonly type: "node-leave"; readonly claim: Claim }
  /** A live node changed its meta. */
  | { readonly type: "node-update"; readonly claim: Claim }
  /** Two nodes at different addresses use one name. */
  | { readonly type: "conflict"; readonly known: Claim; readonly claimed: Claim }
  /** A user message arrived. */
  | { readonly type: "user-message"; readonly from: Address; readonly body: Opaque }
  /** A ping of ours was answered directly; network coordinates are computed from that. */
  | {
    readonly type: "ping-ack";
    readonly node: string;
    readonly rttMs: number;
    readonly payload: Uint8Array | null;
  }
  /** The operation with that id is over; `error` is set when it failed. */
  | { readonly type: "done"; readonly id: number; readonly error?: string }
  | LogEvent;
