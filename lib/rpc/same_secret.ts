/**
 * Comparing what a client sends with a secret.
 *
 * @module
 */

import { encodeText } from "../base/text.ts";

/** Compares in a time that does not tell how much of the texts is the same. */
export function sameSecret(given: string, secret: string): boolean {
  const [a, b] = [encodeText(given), encodeText(secret)];
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i % Math.max(1, b.length)];
  return difference === 0;
}
