/**
 * User events that are waiting to be gossiped.
 *
 * @module
 */

import type { Broadcast } from "../../swim/gossip/broadcast_queue.ts";
import { messageLength } from "../../wire/messages/message_codec.ts";
import type { Message } from "../../wire/messages/messages.ts";

/** An event to gossip. */
export interface EventBroadcast extends Broadcast {
  /** Whom we have it from, if it is not our own: the address as text. They need not be told. */
  readonly from?: string;
}

interface Queued {
  readonly broadcast: EventBroadcast;
  /** Bytes, the type byte included. */
  readonly length: number;
  /** How many peers have it: it was sent to them, or they sent it to us. */
  transmits: number;
}

/** So many places may be left empty at the front before the rest moves up. */
const SLACK = 1_024;

/** What an {@link EventQueue} asks about the cluster, at every turn, because it changes. */
export interface EventQueueOptions {
  /** How often each event is sent. */
  retransmitLimit(): number;
  /** How many others there are to send it to. */
  peerCount(): number;
}

/**
 * A transmit-limited queue in which the oldest goes first, until it was sent as often as the limit says, and to somebody
 * else each time as long as there is anybody. Every receiver thus gets events in order; in a small cluster each member is
 * told by everybody; and no event waits until the next ones have made it too old to be told from a repeated one.
 */
export class EventQueue {
  readonly #options: EventQueueOptions;
  /** The oldest first. */
  readonly #items: Queued[] = [];
  /** Where the oldest is. */
  #front = 0;
  #bytes = 0;
  /** How many events were dropped so far: the number of the oldest. */
  #dropped = 0;
  /** The number of the next event for each peer that has got some. */
  readonly #next = new Map<string, number>();
  /** How often in turn a peer was found to have got everything. */
  #idleTurns = 0;

  constructor(options: EventQueueOptions) {
    this.#options = options;
  }

  /** How many events are waiting. */
  get length(): number {
    return this.#items.length - this.#front;
  }

  /** Bytes of all that waits, counting `overhead` for each. */
  waitingBytes(overhead: number): number {
    return this.#bytes + overhead * this.length;
  }

  /** Adds an event as the latest. */
  queue(broadcast: EventBroadcast): void {
    const length = messageLength(broadcast.message);
    const transmits = broadcast.from === undefined ? 0 : 1;
    this.#items.push({ broadcast, length, transmits });
    this.#bytes += length;
  }

  /**
   * The oldest that a peer has not got, as many as fit into `limit` bytes, counting `overhead` for each. Every message
   * that is returned counts as sent once.
   */
  take(overhead: number, limit: number, to: string): Message[] {
    const messages: Message[] = [];
    const begin = this.#beginFor(to);
    let end = begin;
    for (let free = limit; end < this.#items.length; end++) {
      const item = this.#items[end];
      if (item.broadcast.from === to) continue;
      free -= overhead + item.length;
      if (free < 0) break;
      messages.push(item.broadcast.message);
      item.transmits++;
    }
    if (end > begin) this.#next.set(to, this.#dropped + end - this.#front);
    if (messages.length > 0) this.#idleTurns = 0;
    this.#dropSpent();
    return messages;
  }

  /** Where a peer's turn begins. When all have got everything, it is sent to them again: packets may have been lost. */
  #beginFor(to: string): number {
    const next = Math.max(0, (this.#next.get(to) ?? 0) - this.#dropped);
    if (next < this.length || this.length === 0) return this.#front + next;
    if (++this.#idleTurns < this.#options.peerCount()) return this.#items.length;
    this.#startOver();
    return this.#front;
  }

  /** Drops the oldest until at most `max` remain. */
  prune(max: number): void {
    while (this.length > max) this.#dropOldest();
    this.#moveUp();
  }

  #startOver(): void {
    this.#next.clear();
    this.#idleTurns = 0;
  }

  #dropSpent(): void {
    const limit = this.#options.retransmitLimit();
    while (this.length > 0 && this.#items[this.#front].transmits >= limit) this.#dropOldest();
    this.#moveUp();
    if (this.length === 0) this.#startOver();
  }

  #dropOldest(): void {
    const { broadcast, length } = this.#items[this.#front++];
    this.#bytes -= length;
    this.#dropped++;
    broadcast.finished?.();
  }

  /** Gives up the places of what was dropped, now and then. */
  #moveUp(): void {
    if (this.#front < SLACK && this.length > 0) return;
    this.#items.splice(0, this.#front);
    this.#front = 0;
  }
}
