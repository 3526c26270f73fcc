/**
 * The broadcast queue for user events. It is transmit-limited like memberlist's, but in order: the oldest event goes
 * first, and each round goes to a peer that has not got it yet, as far as we know.
 *
 * Who sends us an event has it. Where all peers are told one by one, such a peer counts as told: in `SwimNetwork` with 5
 * members, 20 events a second take 2.3 copies for each instead of 3.2, and a burst of 500 takes 15 % fewer packets. In a
 * large cluster it counts for nothing, because there one copy less is one chance less to reach somebody: with 30 members,
 * some events would not reach all.
 *
 * @module
 */

import { equalBytes } from "../../base/bytes.ts";
import type { LamportTime } from "../../base/lamport_time.ts";
import type { Broadcast } from "../../swim/gossip/broadcast_queue.ts";
import { messageLength } from "../../wire/messages/message_codec.ts";
import type { Message, Opaque, User } from "../../wire/messages/messages.ts";

/** An event to gossip. */
export interface EventBroadcast extends Broadcast {
  readonly message: User;
  readonly lTime: LamportTime;
  /** The address, as text, of the node that sent it to us, which need not be told. None for our own events. */
  readonly from?: string;
}

interface Queued {
  readonly broadcast: EventBroadcast;
  /** In bytes, with the type byte. */
  readonly length: number;
  /** Goes up by one for each event. */
  number: number;
  /** The addresses of the nodes that have sent it to us, as far as it was not sent to them before. */
  holders: readonly string[];
  /** How many peers have it: it was sent to them, or they sent it to us. */
  transmits: number;
  /** How many other peers have shown that they have it. */
  confirmed: number;
  /** Whether it was sent to anybody since sending last started over. */
  isSent: boolean;
}

/** When an event is dropped. */
interface Enough {
  /** It was sent to so many peers. */
  readonly transmits: number;
  /** So many have it: it was sent to them, or they have shown it. */
  readonly told: number;
}

/** Whether an event was sent as often as the limit says, or so often that with those who have it all peers were told. */
function isSpent({ transmits, confirmed }: Queued, enough: Enough): boolean {
  return transmits >= enough.transmits || transmits + confirmed >= enough.told;
}

/**
 * How many empty places there may be at the front of the list before it is moved up. Not tuned: moves need only be
 * rare.
 */
const MAX_EMPTY_PLACES = 1_024;

/**
 * How many events of one Lamport time can be confirmed: the search must be short. Members that send at the same time make
 * a few.
 */
const MAX_SAME_TIME = 16;

const NOBODY: readonly string[] = [];

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
  /** The events by their Lamport times: of one time {@link MAX_SAME_TIME} at most. */
  #byTime = new Map<LamportTime, Queued[]>();

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
    const holders = broadcast.from === undefined ? NOBODY : [broadcast.from];
    const number = this.#dropped + this.length;
    const transmits = holders.length;
    const item = { broadcast, length, number, holders, transmits, confirmed: 0, isSent: false };
    this.#items.push(item);
    this.#bytes += length;
    this.#index(item);
  }

  #index(item: Queued): void {
    const { lTime } = item.broadcast;
    const sameTime = this.#byTime.get(lTime);
    if (sameTime === undefined) this.#byTime.set(lTime, [item]);
    else if (sameTime.length < MAX_SAME_TIME) sameTime.push(item);
  }

  /** A peer has sent us an event that we know: it need not be told. */
  confirm(lTime: LamportTime, body: Opaque, from: string): void {
    const item = this.#byTime.get(lTime)?.find(({ broadcast: { message } }) =>
      message.body === body || equalBytes(message.body.bytes, body.bytes)
    );
    if (item === undefined || item.holders.includes(from)) return;
    if (item.number < (this.#next.get(from) ?? 0)) return;
    item.holders = [...item.holders, from];
    item.confirmed++;
    this.#dropSpent();
  }

  /**
   * Takes the oldest events that a peer has not got, as many as fit into `limit` bytes, counting `overhead` for each.
   * Each of them then counts as sent once more.
   */
  take(overhead: number, limit: number, to: string): Message[] {
    const messages: Message[] = [];
    if (this.length === 0) return messages;
    const begin = this.#beginFor(to);
    const enough = this.#enough();
    let end = begin;
    for (let free = limit; end < this.#items.length; end++) {
      const item = this.#items[end];
      if (item.holders.includes(to) || isSpent(item, enough)) continue;
      free -= overhead + item.length;
      if (free < 0) break;
      messages.push(item.broadcast.message);
      item.transmits++;
      item.isSent = true;
    }
    if (end > begin) this.#next.set(to, this.#dropped + end - this.#front);
    if (messages.length > 0) this.#idlePeers.clear();
    this.#dropSpent(enough);
    return messages;
  }

  /** The place of the first event for a peer. When all peers have got everything, sending starts over: packets get lost. */
  #beginFor(to: string): number {
    const next = Math.max(0, (this.#next.get(to) ?? 0) - this.#dropped);
    if (next < this.length) return this.#front + next;
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
    const items = this.#items.slice(this.#front);
    this.#items = items.filter(({ isSent }) => isSent);
    this.#front = 0;
    for (const item of items) if (!item.isSent) this.#drop(item);
    for (const [i, item] of this.#items.entries()) {
      item.number = this.#dropped + i;
      item.isSent = false;
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

  #enough(): Enough {
    const transmits = this.#options.retransmitLimit();
    return { transmits, told: Math.max(transmits, this.#options.peerCount()) };
  }

  #dropSpent(enough = this.#enough()): void {
    while (this.length > 0 && isSpent(this.#items[this.#front], enough)) this.#dropOldest();
    this.#moveUp();
    if (this.length === 0) this.#startOver();
  }

  #dropOldest(): void {
    this.#drop(this.#items[this.#front++]);
  }

  #drop(item: Queued): void {
    const { broadcast, length } = item;
    this.#bytes -= length;
    const sameTime = this.#byTime.get(broadcast.lTime)?.filter((other) => other !== item) ?? [];
    if (sameTime.length > 0) this.#byTime.set(broadcast.lTime, sameTime);
    else this.#byTime.delete(broadcast.lTime);
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
      byTime: this.#byTime,
      dropped: this.#dropped,
      next: this.#next,
      idlePeers: this.#idlePeers,
    };
  }

  load({ items, byTime, dropped, next, idlePeers }: ReturnType<EventQueue["save"]>): void {
    this.#items = items;
    this.#byTime = byTime;
    this.#bytes = items.reduce((sum, { length }) => sum + length, 0);
    this.#dropped = dropped;
    this.#next = next;
    this.#idlePeers = idlePeers;
  }
}
