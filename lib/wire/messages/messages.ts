/**
 * The messages of the membership protocol (memberlist), as the machines see them. How they look in bytes is the
 * business of the codecs beside this file.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";

/** Node states in the words of the protocol; the wire numbers are 0 to 3 in this order. */
export type NodeState = "alive" | "suspect" | "dead" | "left";

/** Protocol versions a node announces: membership minimum, maximum, current, then the same for Serf. */
export interface Versions {
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly protocolCur: number;
  readonly delegateMin: number;
  readonly delegateMax: number;
  readonly delegateCur: number;
}

/**
 * What somebody says of a node. Immutable and shared by reference: the same claim object stands in the rosters of
 * every simulated node and in every packet, and keeps its encoding once made.
 */
export interface Claim {
  readonly node: string;
  /** u32; only the node itself raises it. */
  readonly incarnation: number;
  readonly state: NodeState;
  readonly address: Address;
  /** Encoded tags, at most 512 bytes when sent; `null` is distinct from empty on the wire. */
  readonly meta: Uint8Array | null;
  /** `null` when the sender gave none. */
  readonly versions: Versions | null;
}

/** Bytes that another layer knows how to read. A machine's own objects implement it lazily. */
export interface Opaque {
  /** The encoded form; made when first asked for. Not to be modified. */
  readonly bytes: Uint8Array;
}

/** Who asks, so that the answer finds its way even through address translation. Older peers leave it out. */
export interface Source {
  readonly address: Address;
  readonly node: string;
}

/** "Are you there?" Sent by probes, as a datagram or, as a fallback, over a stream. */
export interface Ping {
  readonly type: "ping";
  readonly sequence: number;
  /** The node that is meant; another one that receives it does not answer. May be empty. */
  readonly node: string;
  readonly source?: Source;
}

/** "Ping that one for me." */
export interface IndirectPing {
  readonly type: "indirect-ping";
  readonly sequence: number;
  readonly node: string;
  readonly target: Address;
  /** Whether a nack is wanted if the target does not answer. */
  readonly nack: boolean;
  readonly source?: Source;
}

/** Answer to a ping. The payload carries a coordinate on direct datagram answers. */
export interface Ack {
  readonly type: "ack";
  readonly sequence: number;
  readonly payload: Uint8Array | null;
}

/** "I asked and got no answer." */
export interface Nack {
  readonly type: "nack";
  readonly sequence: number;
}

/** An accusation that starts a suspicion, or confirms one. */
export interface Suspect {
  readonly type: "suspect";
  readonly node: string;
  readonly incarnation: number;
  readonly from: string;
}

/** A node's word about itself, passed on by all. `claim.state` is always `"alive"`. */
export interface Alive {
  readonly type: "alive";
  readonly claim: Claim;
}

/** A death certificate; `from` equal to `node` means that it left on purpose. */
export interface Dead {
  readonly type: "dead";
  readonly node: string;
  readonly incarnation: number;
  readonly from: string;
}

/** A message of the layer above (Serf). */
export interface User {
  readonly type: "user";
  readonly body: Opaque;
}

/** Everything that may stand in a datagram. */
export type Message = Ping | IndirectPing | Ack | Nack | Suspect | Alive | Dead | User;

/** One datagram: a single message, or several that travel as a compound, the carrier first. */
export interface Packet {
  readonly messages: readonly Message[];
  /** Whether to add the CRC; the sender knows from the receiver's announced versions. */
  readonly crc: boolean;
}

/** Full state, exchanged over a stream. All nodes are listed, dead and left ones too. */
export interface PushPull {
  readonly type: "push-pull";
  readonly join: boolean;
  readonly nodes: readonly Claim[];
  /** The state of the layer above; `null` when there is none. */
  readonly userState: Opaque | null;
}

/** The other side could not read our stream. */
export interface StreamError {
  readonly type: "err";
  readonly error: string;
}

/** Everything that may stand in one direction of a stream. */
export type StreamMessage = PushPull | Ping | Ack | User | StreamError;

/** One stream exchange: what to write, and how long all of it may take. */
export interface Exchange {
  readonly message: PushPull | Ping | User;
  /** From dialling to the last byte of the answer, milliseconds. */
  readonly timeoutMs: number;
}

/** How an exchange ended. */
export type Reply =
  | { readonly ok: true; readonly message: StreamMessage }
  | {
    readonly ok: false;
    /** One line in the reference's words, for instance `dial tcp 127.0.0.1:7946: connect: connection refused`. */
    readonly error: string;
    /** Whether the target itself refused the connection: proof that nothing listens there. */
    readonly refused: boolean;
  };
