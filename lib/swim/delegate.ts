/**
 * How the membership machine meets the layer above it: what that layer supplies, and what it is told.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { LogEvent } from "../base/world.ts";
import type { Claim, Message, Opaque } from "../wire/messages/messages.ts";

/** What the machine asks of the layer above, synchronously. */
export interface Delegate {
  /**
   * User messages to fill a packet to a member with, at most `limit` bytes in all, counting `overhead` for each; a message
   * counts with its user type byte. The machine sleeps while nothing is queued, and is to be told of something new by
   * `Swim.wake`.
   */
  broadcasts(overhead: number, limit: number, to: Address): Message[];
  /** Bytes of all user messages that wait to be gossiped, counting `overhead` for each; 0 if there are none. */
  waitingBytes(overhead: number): number;
  /** This layer's part of a push/pull. */
  localState(join: boolean): Opaque | null;
  /** What an answer to a direct ping carries. */
  ackPayload(): Uint8Array | null;
}

/** What the machine tells the layer above. */
export type SwimEvent =
  /** A node is alive that was not (known as) alive before; ourselves at start included. */
  | { readonly type: "node-join"; readonly claim: Claim }
  /** A node died or left; `claim.state` says which. */
  | { readonly type: "node-leave"; readonly claim: Claim }
  /** A live node changed its meta. */
  | { readonly type: "node-update"; readonly claim: Claim }
  /** Two addresses claim one name. */
  | { readonly type: "conflict"; readonly known: Claim; readonly claimed: Claim }
  /** A user message arrived. */
  | { readonly type: "user-message"; readonly from: Address; readonly body: Opaque }
  /** The other side's user state arrived in a push/pull. */
  | { readonly type: "remote-state"; readonly state: Opaque; readonly join: boolean }
  /** A direct probe was answered; feeds the coordinates. */
  | {
    readonly type: "ping-ack";
    readonly node: string;
    readonly rttMs: number;
    readonly payload: Uint8Array | null;
  }
  /** The operation that was started under this id is over; `error` is set when it failed. */
  | { readonly type: "done"; readonly id: number; readonly error?: string }
  | LogEvent;
