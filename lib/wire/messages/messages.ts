/**
 * The messages of memberlist, the membership protocol, as objects: what SWIM's probing, suspicion and dissemination and
 * the push/pull anti-entropy say to each other. The codecs beside this file turn them into bytes.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";

/** The first byte of every message. */
export const MessageType = {
  ping: 0,
  indirectPing: 1,
  ack: 2,
  suspect: 3,
  alive: 4,
  dead: 5,
  pushPull: 6,
  /** Several messages in one datagram. */
  compound: 7,
  /** A message of the layer above, Serf. */
  user: 8,
  /** Wraps a compressed message. */
  compress: 9,
  /** Starts an encrypted stream; datagrams have no such byte. */
  encrypt: 10,
  nack: 11,
  /** Outermost in a datagram: the checksum of the rest. */
  hasCrc: 12,
  err: 13,
  /** Before everything else: the cluster's label. */
  hasLabel: 244,
} as const;

/** The states of a node in memberlist; their numbers on the wire are 0 to 3 in this order. */
export type NodeState = "alive" | "suspect" | "dead" | "left";

/** The versions that a node announces: those of memberlist's protocol, then those of its delegate, Serf. */
export interface Versions {
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly protocolCur: number;
  readonly delegateMin: number;
  readonly delegateMax: number;
  readonly delegateCur: number;
}

/**
 * What one node says about another, or about itself: its state at an incarnation. Claims are immutable and shared by
 * reference: the same object stands in the member lists of all simulated nodes and in every packet, and is encoded once.
 */
export interface Claim {
  readonly node: string;
  /** SWIM's incarnation number, u32. Only the node itself raises it. */
  readonly incarnation: number;
  readonly state: NodeState;
  readonly address: Address;
  /** Encoded tags, at most 512 bytes when sent; `null` is distinct from empty on the wire. */
  readonly meta: Uint8Array | null;
  /** `null` when the sender gave none. */
  readonly versions: Versions | null;
}

/** Bytes that only another layer can read. The layer that makes them may encode them when they are first needed. */
export interface Opaque {
  /** The encoded form; made when first asked for. Not to be modified. */
  readonly bytes: Uint8Array;
}

/** Who asks and where it listens, so that answers arrive despite address translation. Older peers leave it out. */
export interface Source {
  readonly address: Address;
  readonly node: string;
}

/** SWIM's ping: asks a node whether it is alive, by datagram or, as a fallback, over a stream. */
export interface Ping {
  readonly type: "ping";
  readonly sequence: number;
  /** The node that is asked. Any other node ignores the ping, unless this is empty. */
  readonly node: string;
  readonly source?: Source;
}

/** SWIM's ping-req: asks a node to ping another one. */
export interface IndirectPing {
  readonly type: "indirect-ping";
  readonly sequence: number;
  readonly node: string;
  readonly target: Address;
  /** Whether a nack is wanted if the target does not answer. */
  readonly nack: boolean;
  readonly source?: Source;
}

/** The answer to a ping. In answers by datagram, Serf puts its network coordinate into the payload. */
export interface Ack {
  readonly type: "ack";
  readonly sequence: number;
  readonly payload: Uint8Array | null;
}

/** Lifeguard's nack: tells who sent an indirect ping that the target has not answered. */
export interface Nack {
  readonly type: "nack";
  readonly sequence: number;
}

/** Says that a node may have failed: starts a suspicion, or confirms one. */
export interface Suspect {
  readonly type: "suspect";
  readonly node: string;
  readonly incarnation: number;
  readonly from: string;
}

/** A node says that it is alive, and where; everybody passes it on. `claim.state` is always `"alive"`. */
export interface Alive {
  readonly type: "alive";
  readonly claim: Claim;
}

/** Says that a node has failed; or that it has left, if `from` is the node itself. */
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

/** What nodes tell each other again and again. */
export type GossipMessage = Suspect | Alive | Dead | User;

/** Everything that may stand in a datagram. */
export type Message = Ping | IndirectPing | Ack | Nack | GossipMessage;

/** One datagram: a single message, or a compound of several, of which gossip rides behind the first. */
export interface Packet {
  readonly messages: readonly Message[];
  /** Whether to add the CRC; the sender knows from the receiver's announced versions. */
  readonly crc: boolean;
}

/** The full state, which two nodes exchange over a stream. It lists all nodes, dead and left ones too. */
export interface PushPull {
  readonly type: "push-pull";
  readonly join: boolean;
  readonly nodes: readonly Claim[];
  /** The state of the layer above; `null` when there is none. */
  readonly userState: Opaque | null;
}

/** The server could not read the stream. */
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
    /** One line as Go puts it, for instance `dial tcp 127.0.0.1:7946: connect: connection refused`. */
    readonly error: string;
    /** Whether the target itself refused the connection: proof that nothing listens there. */
    readonly refused: boolean;
  };
