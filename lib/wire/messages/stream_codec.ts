/**
 * Encodes the memberlist messages that travel on streams, and decodes the parts of which they consist: headers, and the
 * nodes of a push/pull.
 *
 * @module
 */

import { DecodeError } from "../../base/errors.ts";
import { encodeText } from "../../base/text.ts";
import {
  isAddressLength,
  keptAddress,
  keptMeta,
  MAX_CLAIM_SIZE,
  nodeStates,
  versionBytes,
  versions,
} from "./claim_codec.ts";
import { encodeMessage } from "./message_codec.ts";
import {
  type Claim,
  MessageType,
  type Opaque,
  type PushPull,
  type StreamError,
  type StreamMessage,
} from "./messages.ts";
import { Reader } from "../msgpack/reader.ts";
import { Writer } from "../msgpack/writer.ts";
import { binaryView, bool, encodeTyped, i64, struct, text, u16, u32 } from "../msgpack/struct.ts";

/** Most nodes that a push/pull may list: memberlist's limit. */
const MAX_NODES = 1024 * 1024;

/** Largest user state and largest user message, bytes: memberlist's limit. */
const MAX_USER_BYTES = 20 * 1024 * 1024;

const pushPullHeader = struct({ Nodes: i64, UserStateLen: i64, Join: bool });
const userHeader = struct({ UserMsgLen: i64 });
const streamError = struct({ Error: text });
const node = struct({
  Name: text,
  Addr: binaryView,
  Port: u16,
  Meta: binaryView,
  Incarnation: u32,
  State: i64,
  Vsn: versions,
});

/** The header of a push/pull. */
export interface PushPullHeader {
  readonly join: boolean;
  /** How many nodes follow. */
  readonly nodes: number;
  /** How many bytes of user state follow the nodes. */
  readonly userStateLength: number;
}

/** The message with its type byte, neither compressed nor encrypted. */
export function encodeStreamMessage(message: StreamMessage): Uint8Array {
  switch (message.type) {
    case "ping":
    case "ack":
      return encodeMessage(message);
    case "push-pull":
      return encodePushPull(message);
    case "user":
      return encodeUser(message.body);
    case "err":
      return encodeTyped(MessageType.err, streamError, { Error: message.error });
    default:
      return message satisfies never;
  }
}

/** Reads the map after the type byte of a push/pull. Throws a {@link DecodeError} for numbers beyond the limits. */
export function decodePushPullHeader(reader: Reader): PushPullHeader {
  const { Nodes, UserStateLen, Join } = pushPullHeader.read(reader);
  if (Nodes < 0 || Nodes > MAX_NODES) {
    throw new DecodeError(`number of nodes in header (${Nodes}) exceeds limit`);
  }
  if (UserStateLen < 0 || UserStateLen > MAX_USER_BYTES) {
    throw new DecodeError(`user state length (${UserStateLen}) exceeds limit`);
  }
  return { join: Join, nodes: Nodes, userStateLength: UserStateLen };
}

/**
 * Reads one node of a push/pull. The result is `undefined` for an impossible address, state or size, so that one such node
 * in the state of a peer does not keep us from learning about all the others.
 */
export function decodeNode(bytes: Uint8Array): Claim | undefined {
  if (bytes.length > MAX_CLAIM_SIZE) return undefined;
  const { Name, Addr, Port, Meta, Incarnation, State, Vsn } = node.read(new Reader(bytes));
  const state = nodeStates[State];
  if (state === undefined || Addr === null || !isAddressLength(Addr.length)) return undefined;
  return {
    node: Name,
    incarnation: Incarnation,
    state,
    address: keptAddress(Addr, Port),
    meta: Meta && keptMeta(Meta),
    versions: Vsn,
  };
}

/** Reads the map after the type byte of a user message: the length of the body. */
export function decodeUserLength(reader: Reader): number {
  const { UserMsgLen } = userHeader.read(reader);
  if (UserMsgLen < 0 || UserMsgLen > MAX_USER_BYTES) {
    throw new DecodeError(`user message length (${UserMsgLen}) exceeds limit`);
  }
  return UserMsgLen;
}

/** Reads the map after the type byte of an error. */
export function decodeStreamError(reader: Reader): StreamError {
  return { type: "err", error: streamError.read(reader).Error };
}

function encodePushPull({ join, nodes, userState }: PushPull): Uint8Array {
  const userBytes = userState?.bytes ?? new Uint8Array();
  const writer = new Writer("raw", 128 * (1 + nodes.length) + userBytes.length);
  writer.byte(MessageType.pushPull);
  pushPullHeader.write(writer, { Nodes: nodes.length, UserStateLen: userBytes.length, Join: join });
  for (const claim of nodes) writeNode(writer, claim);
  return writer.append(userBytes).bytes();
}

/** The keys of a node, encoded, the first with the head of the map. */
const [ADDR, INCARNATION, META, NAME, PORT, STATE, VSN] = (() => {
  const writer = new Writer().map(7).string("Addr");
  const others = ["Incarnation", "Meta", "Name", "Port", "State", "Vsn"];
  return [writer.bytes(), ...others.map((key) => writer.clear().string(key).bytes())];
})();

/** What a node takes beside address, meta and name: less than that. */
const NODE_BYTES = 96;

/**
 * A node: its fields in the order of their names. There may be thousands of them, and who joins among many writes all of them
 * several times, by code that V8 has not optimised yet: therefore without a call for each part of each field.
 */
function writeNode(writer: Writer, claim: Claim): void {
  const { address: { ip, port }, meta, incarnation, state, versions } = claim;
  const name = encodeText(claim.node);
  const size = NODE_BYTES + ip.length + (meta?.length ?? 0) + name.length;
  const bytes = writer.room(size);
  let at = writer.length;
  bytes.set(ADDR, at);
  at = putRaw(bytes, at + ADDR.length, ip);
  bytes.set(INCARNATION, at);
  at = putUint32(bytes, at + INCARNATION.length, incarnation);
  bytes.set(META, at);
  at = putRaw(bytes, at + META.length, meta);
  bytes.set(NAME, at);
  at = putRaw(bytes, at + NAME.length, name);
  bytes.set(PORT, at);
  at = putUint32(bytes, at + PORT.length, port);
  bytes.set(STATE, at);
  at = putUint32(bytes, at + STATE.length, nodeStates.indexOf(state));
  bytes.set(VSN, at);
  writer.fillTo(putRaw(bytes, at + VSN.length, versions && versionBytes(versions)));
}

/** Puts bytes of the raw format, or nil, at a place of a buffer; returns the place after them. */
function putRaw(buffer: Uint8Array, at: number, bytes: Uint8Array | null): number {
  if (bytes === null) {
    buffer[at] = 0xc0;
    return at + 1;
  }
  const { length } = bytes;
  let start = at + 1;
  if (length < 32) buffer[at] = 0xa0 | length;
  else {
    const isShort = length < 0x10000;
    buffer[at] = isShort ? 0xda : 0xdb;
    start = putNumber(buffer, start, length, isShort ? 2 : 4);
  }
  buffer.set(bytes, start);
  return start + length;
}

/** Puts an unsigned integer of 32 bits in its smallest form; returns the place after it. */
function putUint32(buffer: Uint8Array, at: number, value: number): number {
  if (value < 0x80) {
    buffer[at] = value;
    return at + 1;
  }
  const size = value < 0x100 ? 1 : value < 0x10000 ? 2 : 4;
  buffer[at] = 0xcc + (size >> 1);
  return putNumber(buffer, at + 1, value, size);
}

/** Puts a number in so many bytes; returns the place after them. */
function putNumber(buffer: Uint8Array, at: number, value: number, size: number): number {
  for (let i = size - 1; i >= 0; i--, value >>>= 8) buffer[at + i] = value;
  return at + size;
}

function encodeUser({ bytes }: Opaque): Uint8Array {
  const writer = new Writer("raw", bytes.length + 32).byte(MessageType.user);
  userHeader.write(writer, { UserMsgLen: bytes.length });
  return writer.append(bytes).bytes();
}
