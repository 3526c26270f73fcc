/**
 * Comparing bytes, and taking text for bytes.
 *
 * `equals` of `@std/bytes` does the same, but the protocol core and the RPC client have no dependency for this.
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

/** A payload that was given as text or as bytes, as bytes. */
export function toBytes(payload: string | Uint8Array): Uint8Array;
/** `null`, which is no payload, stays `null`. */
export function toBytes(payload: string | Uint8Array | null): Uint8Array | null;
export function toBytes(payload: string | Uint8Array | null): Uint8Array | null {
  return typeof payload === "string" ? encodeText(payload) : payload;
}
