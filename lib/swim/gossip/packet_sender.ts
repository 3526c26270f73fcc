/**
 * Fills datagrams and sends them. Broadcasts are piggybacked (SWIM, section 4.1): they travel in the room that another
 * message leaves, or fill packets of their own.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import { messageLength } from "../../wire/messages/message_codec.ts";
import type { Claim, Message, Source } from "../../wire/messages/messages.ts";
import type { SwimContext } from "../context.ts";
import { retransmitLimit } from "../formulas.ts";
import { type Broadcast, BroadcastQueue } from "./broadcast_queue.ts";

/** Bytes of a compound message's header: its type and the number of parts. */
const COMPOUND_HEADER = 2;
/** Bytes that give the length of each part. */
const COMPOUND_PART = 2;
/** memberlist: since protocol version 5, nodes understand the checksum. */
const CRC_SINCE = 5;

/** What waits to be sent: nothing, at most what one packet holds, or more. */
export type Backlog = "none" | "small" | "large";

/**
 * Sends packets, and holds the broadcasts of this layer that wait to be sent. A checksum is added only where the receiver's
 * claim is at hand to tell that it understands one; every receiver accepts packets without.
 */
export class PacketSender {
  readonly #context: SwimContext;
  readonly #queue: BroadcastQueue;

  constructor(context: SwimContext) {
    this.#context = context;
    const { config, nodes } = context;
    this.#queue = new BroadcastQueue(
      () => retransmitLimit(config.profile.retransmitMult, nodes.size),
      (operation) => context.endSoon(operation),
    );
  }

  /** Queues a broadcast for the packets to come; `false` if no packet has room for it. */
  enqueue(broadcast: Broadcast): boolean {
    if (!this.fits(broadcast.message)) return false;
    this.#queue.queue(broadcast);
    return true;
  }

  /** Sends a message to a known node, followed by as many broadcasts as fit in. */
  send({ address }: Claim, message: Message): void {
    const messages = [message];
    // Nearly always nothing waits, and it takes an encoding to know how much room there would be for it.
    if (!this.isEmpty) messages.push(...this.#broadcasts(messageLength(message), address));
    this.#context.world.send(address, { messages, crc: false });
  }

  /**
   * Sends a message to whoever claims to be a node at an address: with broadcasts if we know that node there, otherwise alone,
   * where memberlist sends them to anybody. What a stranger gets counts as sent, and the pings of a `serf doctor` would take
   * all copies of a query.
   */
  sendTo({ address, node }: Source, message: Message): void {
    const known = this.#context.nodes.get(node);
    if (known?.address.sameEndpoint(address)) this.send(known, message);
    else this.sendRaw(address, [message]);
  }

  /** Sends messages and nothing else. */
  sendRaw(to: Address, messages: readonly Message[]): void {
    this.#context.world.send(to, { messages, crc: false });
  }

  /** Sends messages and nothing else to a known node. */
  sendRawTo(node: Claim, messages: readonly Message[]): void {
    const crc = node.versions !== null && node.versions.protocolMax >= CRC_SINCE;
    this.#context.world.send(node.address, { messages, crc });
  }

  /** Sends a packet of broadcasts to a known node; `false` if there are none for it. */
  gossip(to: Claim): boolean {
    const messages = this.#broadcasts(0, to.address);
    if (messages.length > 0) this.sendRawTo(to, messages);
    return messages.length > 0;
  }

  /** Whether a packet has room for a message. */
  fits(message: Message): boolean {
    return COMPOUND_PART + messageLength(message) <= this.#room(0);
  }

  /** How many broadcasts of this layer wait. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Whether no broadcasts wait. */
  get isEmpty(): boolean {
    return this.#waitingBytes() === 0;
  }

  /** How many broadcasts wait: more than one packet holds, or fewer. */
  get backlog(): Backlog {
    const bytes = this.#waitingBytes();
    if (bytes === 0) return "none";
    return bytes > this.#room(0) ? "large" : "small";
  }

  /** Broadcasts for a packet that holds `used` bytes of something else: ours first, then those of the layer above. */
  #broadcasts(used: number, to: Address): Message[] {
    const { delegate } = this.#context;
    const room = this.#room(used);
    const messages = this.#queue.take(COMPOUND_PART, room);
    const left = messages.reduce((n, m) => n - COMPOUND_PART - messageLength(m), room);
    // The layer above needs room for a part and for the type byte of at least one message.
    if (left > COMPOUND_PART + 1) messages.push(...delegate.broadcasts(COMPOUND_PART, left, to));
    return messages;
  }

  /** The bytes that a packet has for broadcasts, beside `used` bytes of something else. */
  #room(used: number): number {
    const { profile, packetOverhead } = this.#context.config;
    return profile.udpBufferSize - used - COMPOUND_HEADER - packetOverhead();
  }

  #waitingBytes(): number {
    return this.#queue.waitingBytes(COMPOUND_PART) +
      this.#context.delegate.waitingBytes(COMPOUND_PART);
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { queue: this.#queue.save() };
  }

  load({ queue }: ReturnType<PacketSender["save"]>): void {
    this.#queue.load(queue);
  }
}
