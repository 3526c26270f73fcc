/**
 * Packets, memberlist's datagrams. To send one, several messages are joined into a compound, which is compressed, given
 * a checksum (`hasCrc`), encrypted and labelled, each as the options say; to receive one, the same is undone.
 *
 * @module
 */

import { DecodeError } from "../../base/errors.ts";
import type { LogLevel } from "../../base/log.ts";
import { decodeMessage, encodeMessage } from "../messages/message_codec.ts";
import { compress, decompress } from "./compression.ts";
import { crc32 } from "./crc32.ts";
import { addLabel, checkLabel, encodeLabel, labelBytes, labelLength } from "./label.ts";
import { type Message, MessageType, type Packet } from "../messages/messages.ts";
import { Reader } from "../msgpack/reader.ts";
import { isCompressed, outgoingCipher, type WireOptions } from "./wire_options.ts";

/** Old peers compute the length of a compound's header in 8 bits and misread one of more parts. */
const MAX_PARTS_SENT = 127;

/** How deep compounds and compressed messages may be nested in a received packet. Peers nest them two deep. */
const MAX_DEPTH = 8;

/** How many messages a packet may hold in all, nested compounds included: as many as one compound can. */
const MAX_PARTS_RECEIVED = 255;

/**
 * To how much the parts of a datagram may be decompressed together, bytes. Peers fill datagrams to 1,400 bytes before they
 * compress them. This is four times the largest datagram there is, where memberlist allows 40 MiB.
 */
const MAX_PACKET_DECOMPRESSED = 256 * 1024;

/**
 * From how many bytes on a datagram gains by compression: what is shorter takes one frame in either form. Nodes fill datagrams
 * to 1,400 bytes, unless they are configured otherwise.
 */
const COMPRESSIBLE_BYTES = 1_401;

/** The contents of a received datagram. */
export interface DecodedPacket {
  readonly messages: Message[];
  /** What could not be used. */
  readonly problems: PacketProblem[];
}

/** The line that memberlist logs about a packet, or a part of it, that cannot be used. */
export interface PacketProblem {
  readonly level: LogLevel;
  readonly text: string;
  /** Whether memberlist's line leaves out whom the packet came from. */
  readonly anonymous?: boolean;
}

/** Thrown for a packet whose checksum is not that of its contents. */
class ChecksumError extends DecodeError {}

/**
 * Encodes a datagram. Throws a `RangeError` for a packet of no messages or of 128 and more, for a part of a compound
 * that exceeds 65,535 bytes, and for a label of more than 255.
 */
export function encodePacket(packet: Packet, options: WireOptions): Uint8Array {
  let bytes = joinMessages(packet.messages);
  if (isCompressed(bytes.length, COMPRESSIBLE_BYTES, options)) {
    const compressed = compress(bytes);
    if (compressed.length < bytes.length) bytes = compressed;
  }
  if (packet.crc) bytes = addChecksum(bytes);
  bytes = outgoingCipher(options)?.encrypt(bytes, labelBytes(options.label)) ?? bytes;
  return addLabel(bytes, options.label);
}

/** Decodes a datagram. It never throws: whatever is wrong becomes one of the `problems`. */
export function decodePacket(bytes: Uint8Array, options: WireOptions): DecodedPacket {
  const intake = new Intake();
  try {
    intake.receive(removeChecksum(unseal(bytes, options)));
  } catch (error) {
    intake.report(error);
    intake.messages.length = 0;
  }
  const { messages, problems } = intake;
  return { messages, problems };
}

/** Bytes that label and encryption add to a datagram. */
export function packetOverhead(options: WireOptions): number {
  return encodeLabel(options.label).length + (outgoingCipher(options)?.overhead ?? 0);
}

/** A single message stands alone; several become a compound. */
function joinMessages(messages: readonly Message[]): Uint8Array {
  if (messages.length === 1) return encodeMessage(messages[0]);
  if (messages.length === 0 || messages.length > MAX_PARTS_SENT) {
    throw new RangeError(
      `Cannot encode packet: got ${messages.length} messages, expected 1 to ${MAX_PARTS_SENT}`,
    );
  }
  const parts = messages.map(encodeMessage);
  const header = 2 + 2 * parts.length;
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, header));
  const view = new DataView(bytes.buffer);
  bytes[0] = MessageType.compound;
  bytes[1] = parts.length;
  let offset = header;
  for (const [i, part] of parts.entries()) {
    if (part.length > 0xffff) {
      throw new RangeError(
        `Cannot encode packet: got a message of ${part.length} bytes, expected at most 65535`,
      );
    }
    view.setUint16(2 + 2 * i, part.length);
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function addChecksum(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + message.length);
  bytes[0] = MessageType.hasCrc;
  new DataView(bytes.buffer).setUint32(1, crc32(message));
  bytes.set(message, 5);
  return bytes;
}

function removeChecksum(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 5 || bytes[0] !== MessageType.hasCrc) return bytes;
  const message = bytes.subarray(5);
  const expected = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  const actual = crc32(message);
  if (actual === expected) return message;
  throw new ChecksumError(
    `Got invalid checksum for UDP packet: ${actual.toString(16)}, ${expected.toString(16)}`,
  );
}

/** Checks and removes the label, and decrypts. */
function unseal(bytes: Uint8Array, options: WireOptions): Uint8Array {
  const length = bytes.length === 0 ? 0 : labelLength(bytes);
  if (length === undefined || length > bytes.length) {
    throw new DecodeError("cannot decode label; packet has been truncated");
  }
  checkLabel(bytes.subarray(0, length), { options, kind: "packet" });
  const body = bytes.subarray(length);
  if (options.cipher === undefined) return body;
  try {
    return options.cipher.decrypt(body, labelBytes(options.label));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    if (options.verifyIncoming === false) return body;
    throw new DecodeError(`Decrypt packet failed: ${error.message}`, { cause: error });
  }
}

/** memberlist's names for the messages that can fail to decode, as its log has them. */
const logNames: Readonly<Record<number, string>> = {
  [MessageType.ping]: "ping request",
  [MessageType.indirectPing]: "indirect ping request",
  [MessageType.ack]: "ack response",
  [MessageType.nack]: "nack response",
  [MessageType.suspect]: "suspect message",
  [MessageType.alive]: "alive message",
  [MessageType.dead]: "dead message",
};

/** Collects the messages of one datagram, within limits that hold however they are nested. */
class Intake {
  readonly messages: Message[] = [];
  readonly problems: PacketProblem[] = [];
  #partsLeft = MAX_PARTS_RECEIVED;
  #bytesLeft = MAX_PACKET_DECOMPRESSED;

  /**
   * Decodes one message, or unwraps it and decodes what it holds. Throws a {@link DecodeError} if a limit is exceeded,
   * which ends the whole datagram; anything else that is wrong affects only its own part.
   */
  receive(bytes: Uint8Array, depth = 0): void {
    if (depth > MAX_DEPTH) throw new DecodeError(`messages nested deeper than ${MAX_DEPTH} levels`);
    switch (bytes[0]) {
      case MessageType.compound:
        this.#split(bytes.subarray(1), depth);
        break;
      case MessageType.compress:
        this.#inflate(new Reader(bytes, 1), depth);
        break;
      default:
        this.#decode(bytes);
    }
  }

  /** Adds a problem. Rethrows an error that is not about the input. */
  report(error: unknown, prefix = ""): void {
    if (!(error instanceof DecodeError)) throw error;
    const text = `memberlist: ${prefix}${error.message}`;
    if (error instanceof ChecksumError) {
      this.problems.push({ level: "WARN", text, anonymous: true });
    } else this.problems.push({ level: "ERR", text });
  }

  #decode(bytes: Uint8Array): void {
    try {
      this.messages.push(decodeMessage(bytes));
    } catch (error) {
      const name = logNames[bytes[0]];
      this.report(error, name && `Failed to decode ${name}: `);
    }
  }

  #inflate(body: Reader, depth: number): void {
    let message: Uint8Array;
    try {
      message = decompress(body, this.#bytesLeft);
    } catch (error) {
      // How much was decompressed before the failure is unknown, so nothing more is decompressed.
      this.#bytesLeft = 0;
      this.report(error, "Failed to decompress payload: ");
      return;
    }
    this.#bytesLeft -= message.length;
    this.receive(message, depth + 1);
  }

  #split(body: Uint8Array, depth: number): void {
    const count = body[0] ?? 0;
    let offset = 1 + 2 * count;
    if (offset > body.length) {
      const reason = body.length === 0 ? "missing compound length byte" : "truncated len slice";
      this.#log("ERR", `Failed to decode compound request: ${reason}`);
      return;
    }
    const lengths: number[] = [];
    for (let i = 0, end = offset; i < count; i++) {
      const length = body[1 + 2 * i] << 8 | body[2 + 2 * i];
      end += length;
      if (end > body.length) {
        this.#log("WARN", `Compound request had ${count - i} truncated messages`);
        break;
      }
      lengths.push(length);
    }
    for (const length of lengths) {
      if (--this.#partsLeft < 0) {
        throw new DecodeError(`more than ${MAX_PARTS_RECEIVED} messages in a packet`);
      }
      this.receive(body.subarray(offset, offset + length), depth + 1);
      offset += length;
    }
  }

  #log(level: LogLevel, text: string): void {
    this.problems.push({ level, text: `memberlist: ${text}` });
  }
}
