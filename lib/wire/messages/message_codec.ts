/**
 * Encodes and decodes the memberlist messages that travel in datagrams: a type byte and a struct.
 *
 * Integers that are signed in Go are written in the unsigned formats, as go-msgpack 0.5 does; either is read.
 *
 * @module
 */

import { DecodeError } from "../../base/errors.ts";
import { oncePer } from "../../base/memory_economy.ts";
import {
  decodeAddress,
  hashOf,
  isCopy,
  keptAddress,
  keptMeta,
  MAX_CLAIM_SIZE,
  versions,
} from "./claim_codec.ts";
import {
  type Ack,
  type Claim,
  type Message,
  MessageType,
  type Ping,
  type Source,
} from "./messages.ts";
import { UsualClaims } from "./usual_claims.ts";
import { Reader } from "../msgpack/reader.ts";
import { Writer } from "../msgpack/writer.ts";
import {
  binaryView,
  bool,
  optional,
  struct,
  text,
  u16,
  u32,
  type Values,
  writeTyped,
} from "../msgpack/struct.ts";

const sourceFields = {
  SourceAddr: optional(binaryView),
  SourcePort: optional(u16),
  SourceNode: optional(text),
};
const ping = struct({ SeqNo: u32, Node: text, ...sourceFields });
const indirectPing = struct({
  SeqNo: u32,
  Target: binaryView,
  Port: u16,
  Node: text,
  Nack: bool,
  ...sourceFields,
});
const ack = struct({ SeqNo: u32, Payload: binaryView });
const nack = struct({ SeqNo: u32 });
const suspectOrDeadFields = { Incarnation: u32, Node: text, From: text };
const suspectOrDead = struct(suspectOrDeadFields);
const alive = struct({
  Incarnation: u32,
  Node: text,
  Addr: binaryView,
  Port: u16,
  Meta: binaryView,
  Vsn: versions,
});

/** A buffer for one call at a time, because allocating one takes longer than filling it. */
const scratch = new Writer();

/** The message with its type byte. Gossip is encoded once per object: the bytes are shared and not to be modified. */
export function encodeMessage(message: Message): Uint8Array {
  const identity = gossipIdentity(message);
  return identity === undefined ? write(message).bytes() : encodeOnce(identity, message);
}

/** Gossip is sent many times, and by many nodes of a simulation. */
const encodeOnce = oncePer((_identity: object, message: Message) => write(message).bytes());

/** The length of {@link encodeMessage}'s result. */
export function messageLength(message: Message): number {
  if (message.type === "user") return 1 + message.body.bytes.length;
  const identity = gossipIdentity(message);
  return identity === undefined ? write(message).length : encodeOnce(identity, message).length;
}

/**
 * Recently decoded gossip, by the hash of its bytes: every node is told the same several times. The result is then the same
 * object, about which all that follows from it is known already.
 */
const recent: (Message | undefined)[] = new Array(256);
/** What is longer is not kept: nearly all claims, and Serf's events and queries as long as their limits are not raised. */
const MAX_RECENT_BYTES = 640;

/**
 * Reads one message with its type byte; bytes after it are ignored. Throws a `DecodeError` for anything that is not a
 * datagram message, and for an address of neither 4 nor 16 bytes. Claims and the bodies of user messages, which are kept,
 * are copied; other byte fields are views of `bytes`.
 */
export function decodeMessage(bytes: Uint8Array): Message {
  if (!isGossip(bytes) || bytes.length > MAX_RECENT_BYTES) return decodeAnew(bytes);
  const place = hashOf(bytes, 0, bytes.length) % recent.length;
  const known = recent[place];
  if (known !== undefined && isEncodingOf(known, bytes)) return known;
  return recent[place] = decodeAnew(bytes);
}

function isGossip({ 0: type }: Uint8Array): boolean {
  return type === MessageType.alive || type === MessageType.user ||
    type === MessageType.suspect || type === MessageType.dead;
}

/** Whether these bytes are what we would encode a message as. */
function isEncodingOf(message: Message, bytes: Uint8Array): boolean {
  return message.type === "user"
    ? bytes[0] === MessageType.user && isCopy(message.body.bytes, bytes, 1, bytes.length)
    : isCopy(encodeMessage(message), bytes, 0, bytes.length);
}

function decodeAnew(bytes: Uint8Array): Message {
  if (bytes.length === 0) throw new DecodeError("missing message type byte");
  const reader = new Reader(bytes, 1);
  switch (bytes[0]) {
    case MessageType.ping:
      return decodePing(reader);
    case MessageType.indirectPing:
      return decodeIndirectPing(reader);
    case MessageType.ack:
      return decodeAck(reader);
    case MessageType.nack:
      return { type: "nack", sequence: nack.read(reader).SeqNo };
    case MessageType.suspect:
      return { type: "suspect", ...decodeSuspectOrDead(reader) };
    case MessageType.dead:
      return { type: "dead", ...decodeSuspectOrDead(reader) };
    case MessageType.alive:
      if (bytes.length > MAX_CLAIM_SIZE) {
        throw new DecodeError(`${bytes.length} bytes, expected at most ${MAX_CLAIM_SIZE}`);
      }
      return { type: "alive", claim: new UsualClaims(bytes, 1).nextAlive() ?? decodeAlive(reader) };
    case MessageType.user:
      return { type: "user", body: { bytes: bytes.slice(1) } };
    default:
      throw new DecodeError(`msg type (${bytes[0]}) not supported`);
  }
}

/** Reads what follows the type byte of a ping. */
export function decodePing(reader: Reader): Ping {
  const { SeqNo, Node, ...source } = ping.read(reader);
  return { type: "ping", sequence: SeqNo, node: Node, source: decodeSource(source) };
}

/** Reads what follows the type byte of an ack. */
export function decodeAck(reader: Reader): Ack {
  const { SeqNo, Payload } = ack.read(reader);
  return { type: "ack", sequence: SeqNo, payload: Payload };
}

/** The key of a gossiped message in {@link encodings}. An alive message consists of nothing but its claim. */
function gossipIdentity(message: Message): object | undefined {
  switch (message.type) {
    case "alive":
      return message.claim;
    case "suspect":
    case "dead":
    case "user":
      return message;
    case "ping":
    case "indirect-ping":
    case "ack":
    case "nack":
      return undefined;
    default:
      return message satisfies never;
  }
}

/** Writes the message into the scratch buffer, where it stays until the next call. */
function write(message: Message): Writer {
  const writer = scratch.clear();
  switch (message.type) {
    case "ping":
      return writeTyped(writer, MessageType.ping, ping, {
        SeqNo: message.sequence,
        Node: message.node,
        ...sourceValues(message.source),
      });
    case "indirect-ping":
      return writeTyped(writer, MessageType.indirectPing, indirectPing, {
        SeqNo: message.sequence,
        Target: message.target.ip,
        Port: message.target.port,
        Node: message.node,
        Nack: message.nack,
        ...sourceValues(message.source),
      });
    case "ack":
      return writeTyped(writer, MessageType.ack, ack, {
        SeqNo: message.sequence,
        Payload: message.payload,
      });
    case "nack":
      return writeTyped(writer, MessageType.nack, nack, { SeqNo: message.sequence });
    case "suspect":
      return writeTyped(writer, MessageType.suspect, suspectOrDead, suspectOrDeadValues(message));
    case "dead":
      return writeTyped(writer, MessageType.dead, suspectOrDead, suspectOrDeadValues(message));
    case "alive":
      return writeTyped(writer, MessageType.alive, alive, {
        Incarnation: message.claim.incarnation,
        Node: message.claim.node,
        Addr: message.claim.address.ip,
        Port: message.claim.address.port,
        Meta: message.claim.meta,
        Vsn: message.claim.versions,
      });
    case "user": {
      const { bytes } = message.body; // may only now be encoded, into the same scratch buffer
      return writer.clear().byte(MessageType.user).append(bytes);
    }
    default:
      return message satisfies never;
  }
}

interface SuspectOrDead {
  readonly node: string;
  readonly incarnation: number;
  readonly from: string;
}

function suspectOrDeadValues(
  { node, incarnation, from }: SuspectOrDead,
): Values<typeof suspectOrDeadFields> {
  return { Incarnation: incarnation, Node: node, From: from };
}

function decodeSuspectOrDead(reader: Reader): SuspectOrDead {
  const { Incarnation, Node, From } = suspectOrDead.read(reader);
  return { node: Node, incarnation: Incarnation, from: From };
}

/** Reads what follows the type byte of an alive message. */
export function decodeAlive(reader: Reader): Claim {
  const { Incarnation, Node, Addr, Port, Meta, Vsn } = alive.read(reader);
  const { ip, port } = decodeAddress(Addr, Port);
  return {
    node: Node,
    incarnation: Incarnation,
    state: "alive",
    address: keptAddress(ip, port),
    meta: Meta && keptMeta(Meta),
    versions: Vsn,
  };
}

function decodeIndirectPing(reader: Reader): Message {
  const { SeqNo, Target, Port, Node, Nack, ...source } = indirectPing.read(reader);
  return {
    type: "indirect-ping",
    sequence: SeqNo,
    node: Node,
    target: decodeAddress(Target, Port),
    nack: Nack,
    source: decodeSource(source),
  };
}

type SourceValues = Values<typeof sourceFields>;

/** The fields of a source, of which empty ones are left out ("omitempty"). */
function sourceValues(source: Source | undefined): SourceValues {
  return {
    SourceAddr: source?.address.ip,
    SourcePort: source?.address.port || undefined,
    SourceNode: source?.node || undefined,
  };
}

/** The source of a ping, unless address or port are missing: the answer then goes to the address it came from. */
function decodeSource({ SourceAddr, SourcePort, SourceNode }: SourceValues): Source | undefined {
  if (!SourceAddr?.length || !SourcePort) return undefined;
  return { address: decodeAddress(SourceAddr, SourcePort), node: SourceNode ?? "" };
}
