/**
 * Base64 with the error message of Go's `encoding/base64`, which gives the offset of the mistake. Encryption keys are
 * written in it.
 *
 * @module
 */

import { encodeText } from "../base/text.ts";

/**
 * Decodes padded base64 of the standard alphabet; line breaks are ignored. Throws a `TypeError` such as `illegal base64
 * data at input byte 2`.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const illegal = illegalOffset(text);
  if (illegal !== undefined) throw new TypeError(`illegal base64 data at input byte ${illegal}`);
  return Uint8Array.fromBase64(text);
}

const LETTER = /[A-Za-z0-9+/]/;

/** The offset that Go reports, if the text is malformed. Letters come in groups of four, the last one padded with `=`. */
function illegalOffset(text: string): number | undefined {
  const bytes = encodeText(text);
  const significant = Array.from(bytes, (byte, at) => ({ letter: String.fromCharCode(byte), at }))
    .filter(({ letter }) => letter !== "\n" && letter !== "\r");
  for (let start = 0; start < significant.length; start += 4) {
    const group = significant.slice(start, start + 4);
    const stop = group.findIndex(({ letter }) => !LETTER.test(letter));
    if (stop === -1 && group.length === 4) continue;
    // For an incomplete last group Go reports the offset of its first letter, as if no line break stood inside it.
    if (stop === -1) return bytes.length - group.length;
    const { letter, at } = group[stop];
    if (letter !== "=" || stop < 2) return at;
    if (stop === 2 && group.length === 3) return bytes.length;
    if (stop === 2 && group[3].letter !== "=") return group[3].at - 1;
    return significant[start + 4]?.at;
  }
  return undefined;
}
