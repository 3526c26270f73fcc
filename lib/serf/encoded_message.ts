/**
 * Serf messages as SWIM carries them: opaque bodies of user messages.
 *
 * @module
 */

import { oncePer } from "../base/memory_economy.ts";
import type { Opaque, User } from "../wire/messages/messages.ts";
import { decodeSerf, encodeSerf } from "../wire/messages/serf_codec.ts";
import type { SerfMessage } from "../wire/messages/serf_messages.ts";

/**
 * A Serf message with its encoding, which is made when it is first asked for: never, between simulated nodes that pass
 * messages by reference.
 */
export class EncodedMessage implements Opaque {
  readonly message: SerfMessage;
  /** As SWIM sends it; one object, because the encoding of a message is remembered with the object. */
  readonly user: User = { type: "user", body: this };
  #bytes?: Uint8Array;

  constructor(message: SerfMessage) {
    this.message = message;
  }

  get bytes(): Uint8Array {
    return this.#bytes ??= encodeSerf(this.message);
  }
}

/** A body as SWIM sends it. */
export function userMessage(body: Opaque): User {
  return body instanceof EncodedMessage ? body.user : userMessageOnce(body);
}

/** The Serf message in a body. Throws a `DecodeError` if its bytes are none. */
export function messageOf(body: Opaque): SerfMessage {
  return body instanceof EncodedMessage ? body.message : decodeOnce(body);
}

const userMessageOnce = oncePer((body: Opaque): User => ({ type: "user", body }));

/** Who is told the same again gets the same body. */
const decodeOnce = oncePer(({ bytes }: Opaque) => decodeSerf(bytes));
