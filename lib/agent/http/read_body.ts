/**
 * Reading the body of a request.
 *
 * @module
 */

import { joinBytes } from "../../base/bytes.ts";
import { Problem } from "./problem.ts";

/** The largest body: seven times the largest user event. */
const MAX_BODY_BYTES = 65_536;

/** The whole body. Rejects with a {@link Problem} if it is too large. */
export async function readBody(request: Request): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body ?? []) {
    length += part.length;
    if (length > MAX_BODY_BYTES) {
      throw new Problem(413, `The body has more than ${MAX_BODY_BYTES} bytes`);
    }
    parts.push(part);
  }
  return joinBytes(...parts);
}
