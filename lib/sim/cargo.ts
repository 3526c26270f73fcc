/**
 * Messages between loading and unloading: passed by reference, which is what makes thousands of nodes possible, or
 * really encoded and decoded, which proves the codecs.
 *
 * @module
 */

import type { Packet, Reply, StreamMessage } from "../wire/messages/messages.ts";
import { messageLength } from "../wire/messages/message_codec.ts";
import { decodePacket, encodePacket } from "../wire/framing/packet.ts";
import { encodeStream, StreamDecodeError, StreamDecoder } from "../wire/framing/stream.ts";
import type { WireOptions } from "../wire/framing/wire_options.ts";
import type { Cargo } from "./sim_event.ts";

type Role = "dialler" | "server";

/** Encodes a packet if there are options for it; otherwise it travels as it is. */
export function loadPacket(packet: Packet, wire: WireOptions | undefined): Cargo<Packet> {
  return wire === undefined ? packet : encodePacket(packet, wire);
}

/** The packet that arrived, and whether all of it could be read. */
export function unloadPacket(
  cargo: Cargo<Packet>,
  wire: WireOptions | undefined,
): { readonly packet: Packet; readonly intact: boolean } {
  if (!(cargo instanceof Uint8Array)) return { packet: cargo, intact: true };
  const { messages, problems } = decodePacket(cargo, wire ?? { compress: false });
  return { packet: { messages, crc: false }, intact: problems.length === 0 };
}

/** How many bytes a packet has, or would have without compression. */
export function cargoLength(cargo: Cargo<Packet>): number {
  if (cargo instanceof Uint8Array) return cargo.length;
  const { messages, crc } = cargo;
  const checksum = crc ? 5 : 0;
  if (messages.length === 1) return messageLength(messages[0]) + checksum;
  return messages.reduce((sum, message) => sum + 2 + messageLength(message), 2 + checksum);
}

/** Encodes a stream message if there are options for it. */
export function loadStream(
  message: StreamMessage,
  wire: WireOptions | undefined,
  role: Role,
): Cargo<StreamMessage> {
  return wire === undefined ? message : encodeStream(message, wire, role);
}

/** What the receiver of a stream makes of it. */
export type Unloaded =
  | { readonly ok: true; readonly message: StreamMessage }
  /** `answer` says whether a server reports the error to the dialler. */
  | { readonly ok: false; readonly error: string; readonly answer: boolean };

/** Decodes a stream message, handing it over in two pieces as a socket might. `role` is who we are. */
export function unloadStream(
  cargo: Cargo<StreamMessage>,
  wire: WireOptions | undefined,
  role: Role,
): Unloaded {
  if (!(cargo instanceof Uint8Array)) return { ok: true, message: cargo };
  const decoder = new StreamDecoder(wire ?? { compress: false }, role);
  const middle = cargo.length >> 1;
  try {
    const message = decoder.push(cargo.subarray(0, middle)) ??
      decoder.push(cargo.subarray(middle));
    return message === undefined
      ? { ok: false, error: "EOF", answer: false }
      : { ok: true, message };
  } catch (error) {
    if (!(error instanceof StreamDecodeError)) throw error;
    return { ok: false, error: error.message, answer: error.answer };
  }
}

/** The answer as the client's machine gets it. */
export function unloadReply(cargo: Reply | Uint8Array, wire: WireOptions | undefined): Reply {
  if (!(cargo instanceof Uint8Array)) return cargo;
  const unloaded = unloadStream(cargo, wire, "dialler");
  return unloaded.ok ? unloaded : { ok: false, error: unloaded.error, refused: false };
}
