/**
 * What users send and receive: bytes, which are often UTF-8 text or JSON.
 *
 * @module
 */

import { decodeText } from "../base/text.ts";

/** A payload as it is given: text is sent as UTF-8, and `null` is no payload. */
export type Payload = Uint8Array | string | null;

/** The value that a payload stands for in JSON. Throws a `SyntaxError` if it is not JSON. */
export function parsePayload<T>(payload: Uint8Array | null): T {
  return JSON.parse(decodeText(payload));
}
