/**
 * How datagrams are filled and sent.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import { messageLength } from "../../wire/messages/message_codec.ts";
import type { Claim, Message } from "../../wire/messages/messages.ts";
import type { BroadcastQueue } from "./broadcast_queue.ts";
import type { SwimConfig } from "../config.ts";
import type { Delegate } from "../delegate.ts";
import type { SwimWorld } from "../timer.ts";

/** Bytes of a compound's header: type and count. */
const COMPOUND_HEADER = 2;
/** Bytes of each part's length in a compound's header. */
const COMPOUND_PART = 2;
/** From this membership protocol version on, a node understands the checksum. */
const CRC_SINCE = 5;

/** What the sender works with. */
export interface PacketSenderParts {
  readonly config: SwimConfig;
  readonly world: SwimWorld;
  readonly delegate: Delegate;
  readonly queue: BroadcastQueue;
}

/**
 * Sends messages, and lets broadcasts ride along in the room that is left. The checksum is only added where the
 * receiver's claim is at hand; all receivers accept packets with and without.
 */
export class PacketSender {
  readonly #parts: PacketSenderParts;

  constructor(parts: PacketSenderParts) {
    this.#parts = parts;
  }

  /** Sends a message together with broadcasts that fit in after it. */
  send(to: Address, message: Message): void {
    const messages = [message, ...this.#broadcasts(messageLength(message), to)];
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

  /** Whether a packet has room for a message. */
  fits(message: Message): boolean {
    return COMPOUND_PART + messageLength(message) <= this.#room(0);
  }

  /** Whether there is nothing to gossip. */
  get isEmpty(): boolean {
    return this.#waitingBytes() === 0;
  }

  /** Whether there is more to gossip than one packet holds. */
  get overflows(): boolean {
    return this.#waitingBytes() > this.#room(0);
  }

  /** Sends a packet full of broadcasts; `false` if there are none for that member. */
  gossip(to: Claim): boolean {
    const messages = this.#broadcasts(0, to.address);
    if (messages.length > 0) this.sendTo(to, messages);
    return messages.length > 0;
  }

  /** Our own broadcasts first, then those of the layer above, to go with `used` bytes of something else. */
  #broadcasts(used: number, to: Address): Message[] {
    const { delegate, queue } = this.#parts;
    const room = this.#room(used);
    const messages = queue.take(COMPOUND_PART, room);
    const left = messages.reduce((n, m) => n - COMPOUND_PART - messageLength(m), room);
    // The layer above needs room for a part and for the type byte of at least one message.
    if (left > COMPOUND_PART + 1) messages.push(...delegate.broadcasts(COMPOUND_PART, left, to));
    return messages;
  }

  /** Bytes that a packet has for broadcasts beside `used` bytes of something else. */
  #room(used: number): number {
    const { profile, packetOverhead } = this.#parts.config;
    return profile.udpBufferSize - used - COMPOUND_HEADER - packetOverhead();
  }

  #waitingBytes(): number {
    const { delegate, queue } = this.#parts;
    return queue.waitingBytes(COMPOUND_PART) + delegate.waitingBytes(COMPOUND_PART);
  }
}
