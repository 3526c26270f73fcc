/**
 * Comparing and joining bytes, and what text stands for as bytes.
 *
 * `equals` and `concat` of `@std/bytes` do the same, but the protocol core and the RPC client have no dependency for this.
 *
 * @module
 */

import { encodeText } from "./text.ts";

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

/** The parts, one after the other. */
export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** A payload that was given as text or as bytes, as bytes. */
export function toBytes(payload: string | Uint8Array): Uint8Array;
/** `null`, which is no payload, stays `null`. */
export function toBytes(payload: string | Uint8Array | null): Uint8Array | null;
export function toBytes(payload: string | Uint8Array | null): Uint8Array | null {
  return typeof payload === "string" ? encodeText(payload) : payload;
}

/**
 * The bytes of a text in base64; throws a `DOMException` if it is something else. Node has no `Uint8Array.fromBase64` before
 * version 25.
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Bytes in base64, padded. They are arguments of one call: a few thousand at most. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
