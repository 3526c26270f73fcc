/**
 * Bytes and text: comparing the former, and UTF-8 between the two.
 *
 * `equals` of `@std/bytes` does the same, but the protocol core and the RPC client have no dependency for this.
 *
 * @module
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const EMPTY = new Uint8Array();

/** Whether two byte strings are the same. `null` counts as empty, as a nil slice does in Go. */
export function equalBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  const left = a ?? EMPTY;
  const right = b ?? EMPTY;
  if (left === right) return true;
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

/** Text as UTF-8. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** UTF-8 as text: a byte order mark stays, what is not valid becomes U+FFFD, and `null` is the empty text. */
export function decodeUtf8(bytes: Uint8Array | null): string {
  return bytes === null ? "" : decoder.decode(bytes);
}

/** A payload that was given as text or as bytes, as bytes. */
export function toBytes(payload: string | Uint8Array): Uint8Array;
/** `null`, which is no payload, stays `null`. */
export function toBytes(payload: string | Uint8Array | null): Uint8Array | null;
export function toBytes(payload: string | Uint8Array | null): Uint8Array | null {
  return typeof payload === "string" ? encoder.encode(payload) : payload;
}
