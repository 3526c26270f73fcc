/**
 * The messages of Serf. They travel as memberlist's user messages, as the user state of a push/pull, or as the payload of
 * internal queries.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import type { LamportTime } from "../../base/lamport_time.ts";

/** Serf's leave intent: a node announces that it leaves, or a force-leave says so for it. */
export interface LeaveIntent {
  readonly type: "leave";
  readonly lTime: LamportTime;
  readonly node: string;
  /** Whether receivers remove the member from their lists at once (`-prune`). */
  readonly prune: boolean;
}

/** Serf's join intent: a node announces that it has joined. */
export interface JoinIntent {
  readonly type: "join";
  readonly lTime: LamportTime;
  readonly node: string;
}

/** One slot of the event buffer: the events of one Lamport time. */
export interface EventSlot {
  readonly lTime: LamportTime;
  readonly events: readonly { readonly name: string; readonly payload: Uint8Array | null }[];
}

/** Serf's part of a push/pull. */
export interface SerfState {
  readonly type: "push-pull";
  readonly lTime: LamportTime;
  readonly eventLTime: LamportTime;
  readonly queryLTime: LamportTime;
  /** Status time of every member. */
  readonly statusLTimes: ReadonlyMap<string, LamportTime>;
  readonly leftMembers: readonly string[];
  /** The whole event buffer by slot; unused slots are `null`. */
  readonly events: readonly (EventSlot | null)[];
}

/** A user event. */
export interface UserEventMessage {
  readonly type: "user-event";
  readonly lTime: LamportTime;
  readonly name: string;
  readonly payload: Uint8Array | null;
  /** Whether receivers may coalesce it with other events of its name; `CC` on the wire. */
  readonly coalesce: boolean;
}

/** Bits of `QueryMessage.flags` and `QueryResponseMessage.flags`. */
export const QueryFlag = {
  /** In a query: acks are wanted. In a response: this is an ack. */
  ack: 1,
  /** In a query: receivers do not pass it on. */
  noBroadcast: 2,
} as const;

/** A query. */
export interface QueryMessage {
  readonly type: "query";
  readonly lTime: LamportTime;
  /** Random, 31 bits. */
  readonly id: number;
  /** Where answers are sent. */
  readonly address: Address;
  readonly sourceNode: string;
  /** Encoded filters, all of which must pass; see {@link QueryFilter}. */
  readonly filters: readonly Uint8Array[] | null;
  readonly flags: number;
  /** How many members each answer is also relayed through, 0 to 255. */
  readonly relayFactor: number;
  /** Nanoseconds, as on the wire. */
  readonly timeoutNs: number;
  readonly name: string;
  readonly payload: Uint8Array | null;
}

/** Which members a query is for. */
export type QueryFilter =
  | { readonly type: "node"; readonly nodes: readonly string[] }
  | { readonly type: "tag"; readonly tag: string; readonly expression: string };

/** An ack or an answer to a query. */
export interface QueryResponseMessage {
  readonly type: "query-response";
  readonly lTime: LamportTime;
  readonly id: number;
  readonly from: string;
  readonly flags: number;
  readonly payload: Uint8Array | null;
}

/** Asks a member to pass a message on to another one, byte for byte. */
export interface RelayMessage {
  readonly type: "relay";
  readonly destination: Address;
  readonly destinationName: string;
  readonly message: Uint8Array;
}

/** The answer to the query that resolves a name conflict: the member that the answering node knows by that name. */
export interface ConflictResponse {
  readonly type: "conflict-response";
  /** `null` if it does not know the name. */
  readonly member: ConflictMember | null;
}

/** The member inside a {@link ConflictResponse}. */
export interface ConflictMember {
  readonly name: string;
  readonly address: Address;
  readonly tags: ReadonlyMap<string, string>;
  /** 0 none, 1 alive, 2 leaving, 3 left, 4 failed. */
  readonly status: number;
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly protocolCur: number;
  readonly delegateMin: number;
  readonly delegateMax: number;
  readonly delegateCur: number;
}

/** Payload of the key management queries. */
export interface KeyRequest {
  readonly type: "key-request";
  /** The raw key; empty for list-keys. */
  readonly key: Uint8Array;
}

/** Answer to a key management query. */
export interface KeyResponse {
  readonly type: "key-response";
  readonly result: boolean;
  /** Why it failed, or a remark; may be empty. */
  readonly message: string;
  /** Base64 keys; `null` except for list-keys. */
  readonly keys: readonly string[] | null;
  /** Base64, or empty. */
  readonly primaryKey: string;
}

/** Every Serf message. */
export type SerfMessage =
  | LeaveIntent
  | JoinIntent
  | SerfState
  | UserEventMessage
  | QueryMessage
  | QueryResponseMessage
  | RelayMessage
  | ConflictResponse
  | KeyRequest
  | KeyResponse;
