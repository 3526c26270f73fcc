/**
 * Encodes the memberlist messages that travel on streams, and decodes the parts of which they consist: headers, and the
 * nodes of a push/pull.
 *
 * @module
 */

import { DecodeError } from "../../base/errors.ts";
import {
  isAddressLength,
  keptAddress,
  keptMeta,
  MAX_CLAIM_SIZE,
  nodeStates,
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

/** Field by field, in the order of their names, because there may be thousands of nodes. */
function writeNode(writer: Writer, claim: Claim): void {
  const { address, meta, node: name, incarnation, state } = claim;
  writer.map(7).string("Addr").binary(address.ip)
    .string("Incarnation").int(incarnation)
    .string("Meta").binary(meta)
    .string("Name").string(name)
    .string("Port").int(address.port)
    .string("State").int(nodeStates.indexOf(state));
  versions.write(writer.string("Vsn"), claim.versions);
}

function encodeUser({ bytes }: Opaque): Uint8Array {
  const writer = new Writer("raw", bytes.length + 32).byte(MessageType.user);
  userHeader.write(writer, { UserMsgLen: bytes.length });
  return writer.append(bytes).bytes();
}
