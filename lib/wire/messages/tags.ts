/**
 * Serf's tags, which travel as the meta of memberlist's alive messages.
 *
 * Up to Serf protocol 2 there was only one tag, `role`, and meta was its text. Since protocol 3, meta is a magic byte and
 * a map.
 *
 * @module
 */

import { decodeText, encodeText } from "../../base/text.ts";
import { DecodeError } from "../../base/errors.ts";
import { Reader } from "../msgpack/reader.ts";
import { Writer } from "../msgpack/writer.ts";

/** The first byte of meta that is a map. */
const TAG_MAGIC = 0xff;

/** Encodes tags for the given Serf protocol version; up to version 2 only `role` is kept. */
export function encodeTags(tags: Readonly<Record<string, string>>, protocol: number): Uint8Array {
  if (protocol < 3) return encodeText(tags.role ?? "");
  const entries = Object.entries(tags);
  const writer = new Writer().byte(TAG_MAGIC).map(entries.length);
  for (const [key, value] of entries) writer.string(key).string(value);
  return writer.bytes();
}

/**
 * Decodes meta of either form. It never throws: of a damaged map it keeps the entries before the damage, and tells
 * `onDamage` what is wrong.
 */
export function decodeTags(
  meta: Uint8Array | null,
  onDamage: (reason: string) => void = () => {},
): Record<string, string> {
  if (meta?.[0] !== TAG_MAGIC) return { role: decodeText(meta) };
  const entries = new Map<string, string>();
  try {
    const reader = new Reader(meta, 1);
    for (let left = reader.map(); left > 0; left--) entries.set(reader.string(), reader.string());
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    onDamage(error.message);
  }
  return Object.fromEntries(entries);
}
