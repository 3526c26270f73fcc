/**
 * The broadcast queue for user events. It is transmit-limited like memberlist's, but in order: the oldest event goes
 * first, and each round goes to a peer that has not got it yet.
 *
 * @module
 */

import type { Broadcast } from "../../swim/gossip/broadcast_queue.ts";
import { messageLength } from "../../wire/messages/message_codec.ts";
import type { Message } from "../../wire/messages/messages.ts";

/** An event to gossip. */
export interface EventBroadcast extends Broadcast {
  /** The address, as text, of the node that sent it to us, which need not be told. None for our own events. */
  readonly from?: string;
}

interface Queued {
  readonly broadcast: EventBroadcast;
  /** In bytes, with the type byte. */
  readonly length: number;
  /** How many peers have it: it was sent to them, or they sent it to us. */
  transmits: number;
  /** Whether it was sent to anybody since sending last started over. */
  isSent: boolean;
}

/**
 * How many empty places there may be at the front of the list before it is moved up. Not tuned: moves need only be
 * rare.
 */
const MAX_EMPTY_PLACES = 1_024;

/** What an {@link EventQueue} needs to know about the cluster. The answers change over time. */
export interface EventQueueOptions {
  /** How many times each event is sent. */
  retransmitLimit(): number;
  /** How many other members there are. */
  peerCount(): number;
}

/**
 * Events in order of arrival, each of which is sent as often as the retransmit limit says, and to another peer each
 * time as long as there is one. So every receiver gets events in order, a small cluster is told completely, and no
 * event waits until newer ones have made it too old for the receivers' event buffers.
 */
export class EventQueue {
  readonly #options: EventQueueOptions;
  /** The events, the oldest first, after the empty places. */
  #items: Queued[] = [];
  /** The place of the oldest event. */
  #front = 0;
  #bytes = 0;
  /** How many events were dropped so far. If events are numbered, this is the number of the oldest. */
  #dropped = 0;
  /** For each peer that was sent events, the number of the next one. */
  #next = new Map<string, number>();
  /** Peers that were found to have got everything since an event was last sent. */
  #idlePeers = new Set<string>();

  constructor(options: EventQueueOptions) {
    this.#options = options;
  }

  /** How many events are queued. */
  get length(): number {
    return this.#items.length - this.#front;
  }

  /** Bytes of all queued events, counting `overhead` for each. */
  waitingBytes(overhead: number): number {
    return this.#bytes + overhead * this.length;
  }

  /** Adds an event as the latest. */
  queue(broadcast: EventBroadcast): void {
    const length = messageLength(broadcast.message);
    const transmits = broadcast.from === undefined ? 0 : 1;
    this.#items.push({ broadcast, length, transmits, isSent: false });
    this.#bytes += length;
  }

  /**
   * Takes the oldest events that a peer has not got, as many as fit into `limit` bytes, counting `overhead` for each.
   * Each of them then counts as sent once more.
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
      item.isSent = true;
    }
    if (end > begin) this.#next.set(to, this.#dropped + end - this.#front);
    if (messages.length > 0) this.#idlePeers.clear();
    this.#dropSpent();
    return messages;
  }

  /** The place of the first event for a peer. When all peers have got everything, sending starts over: packets get lost. */
  #beginFor(to: string): number {
    const next = Math.max(0, (this.#next.get(to) ?? 0) - this.#dropped);
    if (next < this.length || this.length === 0) return this.#front + next;
    this.#idlePeers.add(to);
    if (this.#idlePeers.size < this.#options.peerCount()) return this.#items.length;
    this.#dropUnsent();
    this.#startOver();
    return this.#front;
  }

  /**
   * Drops what was sent to nobody although all have it: the only peer has sent it to us. It would stay at the front, and
   * all that is behind it would be sent without end.
   */
  #dropUnsent(): void {
    const items = this.#items.splice(0).slice(this.#front);
    this.#front = 0;
    for (const item of items) {
      if (item.isSent) this.#items.push({ ...item, isSent: false });
      else this.#drop(item);
    }
  }

  /** Drops the oldest until at most `max` remain. */
  prune(max: number): void {
    while (this.length > max) this.#dropOldest();
    this.#moveUp();
  }

  #startOver(): void {
    this.#next.clear();
    this.#idlePeers.clear();
  }

  #dropSpent(): void {
    const limit = this.#options.retransmitLimit();
    while (this.length > 0 && this.#items[this.#front].transmits >= limit) this.#dropOldest();
    this.#moveUp();
    if (this.length === 0) this.#startOver();
  }

  #dropOldest(): void {
    this.#drop(this.#items[this.#front++]);
  }

  #drop({ length }: Queued): void {
    this.#bytes -= length;
    this.#dropped++;
  }

  /** Removes the empty places, now and then. */
  #moveUp(): void {
    if (this.#front < MAX_EMPTY_PLACES && this.length > 0) return;
    this.#items.splice(0, this.#front);
    this.#front = 0;
  }

  /** See {@link SerfCore.save}. */
  save() {
    return {
      items: this.#items.slice(this.#front),
      dropped: this.#dropped,
      next: this.#next,
      idlePeers: this.#idlePeers,
    };
  }

  load({ items, dropped, next, idlePeers }: ReturnType<EventQueue["save"]>): void {
    this.#items = items;
    this.#bytes = items.reduce((sum, { length }) => sum + length, 0);
    this.#dropped = dropped;
    this.#next = next;
    this.#idlePeers = idlePeers;
  }
}
