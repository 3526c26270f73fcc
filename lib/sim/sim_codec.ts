/**
 * How messages travel in the simulator: passed by reference, which is what makes thousands of nodes possible, or encoded
 * and decoded as on a real network, which tests the codecs.
 *
 * @module
 */

import type { Packet, Reply, StreamMessage } from "../wire/messages/messages.ts";
import { messageLength } from "../wire/messages/message_codec.ts";
import { decodePacket, encodePacket } from "../wire/framing/packet.ts";
import { encodeStream, StreamDecodeError, StreamDecoder } from "../wire/framing/stream.ts";
import type { WireOptions } from "../wire/framing/wire_options.ts";
import type { InFlight } from "./sim_event.ts";

type Role = "dialler" | "server";

/** Encodes a packet if there are wire options; without them it travels as an object. */
export function encodeSimPacket(packet: Packet, wire: WireOptions | undefined): InFlight<Packet> {
  return wire === undefined ? packet : encodePacket(packet, wire);
}

/** Decodes a packet that arrived; `intact` is false if a part of it could not be read. */
export function decodeSimPacket(
  data: InFlight<Packet>,
  wire: WireOptions | undefined,
): { readonly packet: Packet; readonly intact: boolean } {
  if (!(data instanceof Uint8Array)) return { packet: data, intact: true };
  const { messages, problems } = decodePacket(data, wire ?? { compress: false });
  return { packet: { messages, crc: false }, intact: problems.length === 0 };
}

/** How many bytes a packet has, or would have without compression. */
export function packetLength(data: InFlight<Packet>): number {
  if (data instanceof Uint8Array) return data.length;
  const { messages, crc } = data;
  const checksum = crc ? 5 : 0;
  if (messages.length === 1) return messageLength(messages[0]) + checksum;
  return messages.reduce((sum, message) => sum + 2 + messageLength(message), 2 + checksum);
}

/** Encodes a stream message if there are wire options. */
export function encodeSimStream(
  message: StreamMessage,
  wire: WireOptions | undefined,
  role: Role,
): InFlight<StreamMessage> {
  return wire === undefined ? message : encodeStream(message, wire, role);
}

/** The outcome of decoding a stream message. */
export type DecodedStream =
  | { readonly ok: true; readonly message: StreamMessage }
  /** `answer` says whether the server reports the error to the dialler. */
  | { readonly ok: false; readonly error: string; readonly answer: boolean };

/** Decodes a stream message, which the decoder gets in two pieces, as from a socket. `role` is that of the reader. */
export function decodeSimStream(
  data: InFlight<StreamMessage>,
  wire: WireOptions | undefined,
  role: Role,
): DecodedStream {
  if (!(data instanceof Uint8Array)) return { ok: true, message: data };
  const decoder = new StreamDecoder(wire ?? { compress: false }, role);
  const middle = data.length >> 1;
  try {
    const message = decoder.push(data.subarray(0, middle)) ??
      decoder.push(data.subarray(middle));
    return message === undefined
      ? { ok: false, error: "EOF", answer: false }
      : { ok: true, message };
  } catch (error) {
    if (!(error instanceof StreamDecodeError)) throw error;
    return { ok: false, error: error.message, answer: error.answer };
  }
}

/** Decodes an answer for the machine that dialled. */
export function decodeSimReply(data: Reply | Uint8Array, wire: WireOptions | undefined): Reply {
  if (!(data instanceof Uint8Array)) return data;
  const decoded = decodeSimStream(data, wire, "dialler");
  return decoded.ok ? decoded : { ok: false, error: decoded.error, refused: false };
}
