/**
 * How datagrams are filled and sent.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { messageLength } from "../wire/codec.ts";
import type { Claim, Message } from "../wire/messages.ts";
import type { BroadcastQueue } from "./broadcast_queue.ts";
import type { SwimConfig } from "./config.ts";
import type { Delegate } from "./contract.ts";
import type { SwimWorld } from "./timer.ts";

/** Bytes of a compound's header: type and count. */
const COMPOUND_HEADER = 2;
/** Bytes of each part's length in a compound's header. */
const COMPOUND_PART = 2;
/** From this membership protocol version on, a node understands the checksum. */
const CRC_SINCE = 5;

/** What the outbox works with. */
export interface OutboxParts {
  readonly config: SwimConfig;
  readonly world: SwimWorld;
  readonly delegate: Delegate;
  readonly queue: BroadcastQueue;
}

/**
 * Sends messages, and lets broadcasts ride along in the room that is left. The checksum is only added where the
 * receiver's claim is at hand; all receivers accept packets with and without.
 */
export class Outbox {
  readonly #parts: OutboxParts;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Sends a message together with broadcasts that fit in after it. */
  send(to: Address, message: Message): void {
    const messages = [message, ...this.#broadcasts(messageLength(message))];
    this.#parts.world.send(to, { messages, crc: false });
  }

  /** Sends messages as they are. */
  sendBare(to: Address, messages: readonly Message[]): void {
    this.#parts.world.send(to, { messages, crc: false });
  }

  /** Sends messages as they are to a node whose claim is at hand. */
  sendTo(claim: Claim, messages: readonly Message[]): void {
    const crc = claim.versions !== null && claim.versions.protocolMax >= CRC_SINCE;
    this.#parts.world.send(claim.address, { messages, crc });
  }

  /** Sends a packet full of broadcasts; `false` if there are none. */
  gossip(to: Claim): boolean {
    const messages = this.#broadcasts(0);
    if (messages.length > 0) this.sendTo(to, messages);
    return messages.length > 0;
  }

  /** Our own broadcasts first, then those of the layer above, to go with `used` bytes of something else. */
  #broadcasts(used: number): Message[] {
    const { config, delegate, queue } = this.#parts;
    const budget = config.profile.udpBufferSize - used - COMPOUND_HEADER - config.packetOverhead();
    const messages = queue.take(COMPOUND_PART, budget);
    const left = messages.reduce((n, m) => n - COMPOUND_PART - messageLength(m), budget);
    // The layer above needs room for a part and for the type byte of at least one message.
    if (left > COMPOUND_PART + 1) messages.push(...delegate.broadcasts(COMPOUND_PART, left));
    return messages;
  }
}
