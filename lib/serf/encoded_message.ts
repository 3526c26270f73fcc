/**
 * Serf messages as the membership layer carries them.
 *
 * @module
 */

import type { Opaque } from "../wire/messages/messages.ts";
import { decodeSerf, encodeSerf } from "../wire/messages/serf_codec.ts";
import type { SerfMessage } from "../wire/messages/serf_messages.ts";

/**
 * A message of our own. It is encoded when somebody first asks for the bytes, which does not happen at all between
 * nodes of one process.
 */
export class EncodedMessage implements Opaque {
  readonly message: SerfMessage;
  #bytes?: Uint8Array;

  constructor(message: SerfMessage) {
    this.message = message;
  }

  get bytes(): Uint8Array {
    return this.#bytes ??= encodeSerf(this.message);
  }
}

/** Reads a body of any origin; throws a `DecodeError` if its bytes are no Serf message. */
export function messageOf(body: Opaque): SerfMessage {
  return body instanceof EncodedMessage ? body.message : decodeSerf(body.bytes);
}
