/**
 * Turning bytes into text, fast for the few short texts that make up nearly all of the traffic: field names, and the
 * names of nodes.
 *
 * @module
 */

import { decodeUtf8 } from "../../base/bytes.ts";

/** Texts up to this length are looked up. */
const MAX_CACHED_LENGTH = 32;

/** Texts that were decoded before, each at the place its hash says, where the next one with that place replaces it. */
const texts: string[] = new Array(1024).fill("");

/** The text that stands in `bytes` from `start` to `end`; invalid UTF-8 becomes U+FFFD. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > MAX_CACHED_LENGTH) return decodeUtf8(bytes.subarray(start, end));
  let hash = 0;
  for (let i = start; i < end; i++) hash = Math.imul(hash, 31) + bytes[i];
  const place = (hash ^ hash >>> 10) & texts.length - 1;
  const cached = texts[place];
  if (isText(cached, bytes, start, end)) return cached;
  return texts[place] = decodeUtf8(bytes.subarray(start, end));
}

/** Whether the bytes are exactly this text; only ever true for ASCII. */
function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = start; i < end; i++) {
    if (bytes[i] >= 0x80 || text.charCodeAt(i - start) !== bytes[i]) return false;
  }
  return true;
}
