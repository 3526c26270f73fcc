/**
 * memberlist's label, which keeps clusters on the same network apart: `f4 | u8 length | label` stands before everything
 * else in a packet, and in a stream on the side that dials.
 *
 * @module
 */

import { decodeText, encodeText } from "../../base/text.ts";
import { DecodeError } from "../../base/errors.ts";
import { goQuote } from "../../go/quote.ts";
import { MessageType } from "../messages/messages.ts";
import type { WireOptions } from "./wire_options.ts";

/** What fits the byte that has the length of a label. */
export const MAX_LABEL_BYTES = 255;

const NO_LABEL = new Uint8Array();

/** The label header; nothing for an empty label. Throws a `RangeError` if the label is longer than 255 bytes. */
export function encodeLabel(label = ""): Uint8Array {
  // Few clusters have one, and this is asked several times for each packet.
  if (label === "") return NO_LABEL;
  const bytes = labelBytes(label);
  if (bytes.length > MAX_LABEL_BYTES) throw new RangeError(`label ${goQuote(label)} is too long`);
  return Uint8Array.of(MessageType.hasLabel, bytes.length, ...bytes);
}

/** The bytes of a packet or stream with the label header, if there is one, in front. */
export function addLabel(bytes: Uint8Array, label?: string): Uint8Array {
  const header = encodeLabel(label);
  if (header.length === 0) return bytes;
  const labelled = new Uint8Array(header.length + bytes.length);
  labelled.set(header);
  labelled.set(bytes, header.length);
  return labelled;
}

/** The label in bytes, which encryption authenticates as associated data. */
export function labelBytes(label = ""): Uint8Array {
  return encodeText(label);
}

/**
 * The length of the label header at the start of these bytes: 0 if there is none, `undefined` if more bytes are needed
 * to tell. Throws a {@link DecodeError} for an empty label.
 */
export function labelLength(bytes: Uint8Array): number | undefined {
  if (bytes.length === 0) return undefined;
  if (bytes[0] !== MessageType.hasLabel) return 0;
  if (bytes.length < 2) return undefined;
  if (bytes[1] === 0) throw new DecodeError("label header cannot be empty when present");
  return 2 + bytes[1];
}

/**
 * Checks the label header of a packet or stream; `header` is empty if there was none. Throws a {@link DecodeError} if
 * the label is not ours; its message ends in a colon, after which memberlist logs the sender.
 */
export function checkLabel(
  header: Uint8Array,
  { options, kind }: {
    options: Pick<WireOptions, "label" | "skipInboundLabelCheck">;
    kind: "packet" | "stream";
  },
): void {
  const label = header.length === 0 ? "" : decodeText(header, 2);
  if (options.skipInboundLabelCheck) {
    if (label !== "") throw new DecodeError(`unexpected double ${kind} label header:`);
  } else if (label !== (options.label ?? "")) {
    throw new DecodeError(`discarding ${kind} with unacceptable label ${goQuote(label)}:`);
  }
}
