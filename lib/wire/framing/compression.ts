/**
 * memberlist's `compress` message, which wraps any other one: type byte 9 and the map `{Algo, Buf}`.
 *
 * @module
 */

import { DecodeError } from "../../base/errors.ts";
import { lzwDecode, LzwDecoder, lzwEncode } from "./lzw.ts";
import { MessageType } from "../messages/messages.ts";
import type { Reader } from "../msgpack/reader.ts";
import { Writer } from "../msgpack/writer.ts";
import { binaryView, struct, u8 } from "../msgpack/struct.ts";

/** The largest message of a stream that is decompressed, bytes: memberlist's limit, twice that of a push/pull's user state. */
const MAX_DECOMPRESSED = 40 * 1024 * 1024;

/** The only algorithm there is. */
const LZW = 0;

const envelope = struct({ Algo: u8, Buf: binaryView });

/** Wraps a whole message, type byte included. The result may well be longer. */
export function compress(message: Uint8Array): Uint8Array {
  const compressed = lzwEncode(message);
  const writer = new Writer("raw", compressed.length + 20).byte(MessageType.compress);
  envelope.write(writer, { Algo: LZW, Buf: compressed });
  return writer.bytes();
}

/**
 * Unwraps the map that follows the type byte, to at most `maxLength` bytes. Throws a {@link DecodeError} if that fails.
 */
export function decompress(reader: Reader, maxLength: number): Uint8Array {
  return lzwDecode(readEnvelope(reader), maxLength);
}

/** Unwraps the map of a stream's message; each step makes `stepBytes` more. Throws a {@link DecodeError} if that fails. */
export function* decompressInSteps(
  reader: Reader,
  stepBytes: number,
): Generator<undefined, Uint8Array<ArrayBuffer>, undefined> {
  const decoder = new LzwDecoder(readEnvelope(reader), { maxLength: MAX_DECOMPRESSED });
  while (!decoder.decode(stepBytes)) yield;
  return decoder.output;
}

function readEnvelope(reader: Reader): Uint8Array {
  const { Algo, Buf } = envelope.read(reader);
  if (Algo !== LZW) throw new DecodeError(`cannot decompress unknown algorithm ${Algo}`);
  return Buf ?? new Uint8Array();
}
