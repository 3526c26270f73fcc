/**
 * What Serf gossips: join and leave intents, queries, and user events. Each kind has a transmit-limited queue, from
 * which SWIM fills its packets.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { LamportTime } from "../base/lamport_time.ts";
import { BroadcastQueue } from "../swim/gossip/broadcast_queue.ts";
import type { News } from "../swim/gossip/gossip.ts";
import { retransmitLimit } from "../swim/formulas.ts";
import type { Swim } from "../swim/swim.ts";
import { messageLength } from "../wire/messages/message_codec.ts";
import type { Message, Opaque } from "../wire/messages/messages.ts";
import type { SerfContext, SerfLayerTimer } from "./context.ts";
import { userMessage } from "./encoded_message.ts";
import { type EventBroadcast, EventQueue } from "./events/event_queue.ts";

/** The queues in the order in which they fill a packet. */
const KINDS = ["intent", "query", "event"] as const;

/** The queue of a broadcast. */
export type BroadcastKind = (typeof KINDS)[number];

/** What the log and the metrics call the queues. */
const TITLES = { intent: "Intent", query: "Query", event: "Event" } as const;

/**
 * A queue of this many times its limit is cut at once: the checks are 30 s apart, and a flood in between could take all
 * memory. The simulator's invariants use the same factor.
 */
const EMERGENCY_FACTOR = 4;

/** What is known of a message that is queued. */
interface QueueOptions {
  /** The node that sent it to us, if it is not our own. */
  readonly from?: Address;
  /** The Lamport time of an event. */
  readonly lTime?: LamportTime;
  /** How soon it is sent. By default, everything but events is urgent. */
  readonly news?: News;
}

/** The part of SWIM that broadcasts need. */
export type BroadcastCarrier = Pick<
  Swim,
  "aliveCount" | "isOnlyPeer" | "wake" | "fits" | "queued"
>;

/** One queue for each kind of broadcast. */
export class Broadcasts {
  readonly #context: SerfContext;
  readonly #swim: BroadcastCarrier;
  readonly #queues: {
    readonly intent: BroadcastQueue;
    readonly query: BroadcastQueue;
    readonly event: EventQueue;
  };
  /** Callbacks of those who wait for a broadcast, by token. */
  readonly #waiting = new Map<number, (sent: boolean) => void>();
  #lastToken = 0;

  constructor(context: SerfContext, swim: BroadcastCarrier) {
    this.#context = context;
    this.#swim = swim;
    const { config: { profile }, members } = context;
    const limit = () => retransmitLimit(profile.retransmitMult, members.size);
    this.#queues = {
      intent: new BroadcastQueue(limit, (token) => this.#sent(token)),
      query: new BroadcastQueue(limit),
      event: new EventQueue({ retransmitLimit: limit, peerCount: () => swim.aliveCount - 1 }),
    };
  }

  /**
   * Queues a message. One too long for any packet is dropped at once; others may still learn of it by push/pull. So is one from
   * the only other member that is alive: there is nobody to tell.
   */
  queue(
    kind: BroadcastKind,
    body: Opaque,
    { from, lTime = 0, news = kind === "event" ? "event" : "urgent" }: QueueOptions = {},
  ): void {
    if (from !== undefined && this.#swim.isOnlyPeer(from)) return;
    this.#queue(kind, { message: userMessage(body), from: from?.text, lTime }, news);
  }

  #queue(kind: BroadcastKind, broadcast: EventBroadcast, news: News): void {
    const { message, waiter } = broadcast;
    if (!this.#swim.fits(message)) {
      if (waiter !== undefined) this.#sent(waiter);
      return;
    }
    const queue = this.#queues[kind];
    queue.queue(broadcast);
    if (queue.length > EMERGENCY_FACTOR * this.#maxDepth()) this.#prune(kind);
    this.#swim.wake(news);
  }

  /** A node has sent us an event that we know. */
  confirmEvent(lTime: LamportTime, body: Opaque, from: Address): void {
    this.#queues.event.confirm(lTime, body, from.text);
  }

  /**
   * Queues an intent of ours and calls back when it has been sent as often as the retransmit limit says (`sent`), or
   * when the broadcast timeout is over.
   */
  queueAndWait(intent: Opaque, callback: (sent: boolean) => void): void {
    const { config, world } = this.#context;
    const token = ++this.#lastToken;
    this.#waiting.set(token, callback);
    world.after(config.broadcastTimeoutMs, { type: "broadcast-done", token, sent: false });
    this.#queue("intent", { message: userMessage(intent), lTime: 0, waiter: token }, "urgent");
  }

  /** An intent was sent. The queue says so while a packet is being filled, when nothing else may happen. */
  #sent(token: number): void {
    this.#context.world.after(0, { type: "broadcast-done", token, sent: true });
  }

  handleDone({ token, sent }: SerfLayerTimer & { type: "broadcast-done" }): void {
    const callback = this.#waiting.get(token);
    this.#waiting.delete(token);
    callback?.(sent);
  }

  /** Bytes of all queued messages, counting `overhead` for each. */
  waitingBytes(overhead: number): number {
    const { intent, query, event } = this.#queues;
    return intent.waitingBytes(overhead) + query.waitingBytes(overhead) +
      event.waitingBytes(overhead);
  }

  /**
   * User messages for a packet; see {@link Delegate.broadcasts}. The newest events of a packet come first, as in memberlist,
   * whose receivers handle gossip from the last message to the first.
   */
  take(overhead: number, limit: number, to: Address): Message[] {
    const { metrics } = this.#context.config;
    const taken: Message[] = [];
    let free = limit;
    for (const kind of KINDS) {
      const messages = this.#queues[kind].take(overhead, free, to.text);
      if (kind === "event") messages.reverse();
      for (const message of messages) {
        const length = messageLength(message);
        taken.push(message);
        free -= overhead + length;
        // Serf does not count the byte that makes it a user message of memberlist.
        metrics?.sample("serf.msgs.sent", length - 1);
      }
    }
    return taken;
  }

  /** How many messages of a kind are queued. */
  depth(kind: BroadcastKind): number {
    return this.#queues[kind].length;
  }

  /** Warns of long queues, and cuts those that are too long. */
  check(): void {
    const { queueDepthWarning, metrics } = this.#context.config;
    metrics?.sample("memberlist.queue.broadcasts", this.#swim.queued);
    for (const kind of KINDS) {
      const depth = this.depth(kind);
      metrics?.sample(`serf.queue.${TITLES[kind]}`, depth);
      if (depth >= queueDepthWarning) {
        this.#context.log("WARN", `${TITLES[kind]} queue depth: ${depth}`);
      }
      if (depth > this.#maxDepth()) this.#prune(kind);
    }
  }

  #prune(kind: BroadcastKind): void {
    const max = this.#maxDepth();
    const depth = this.depth(kind);
    this.#context.log(
      "WARN",
      `${TITLES[kind]} queue depth (${depth}) exceeds limit (${max}), dropping messages!`,
    );
    this.#queues[kind].prune(max);
  }

  #maxDepth(): number {
    const { config: { maxQueueDepth, minQueueDepth }, members } = this.#context;
    return minQueueDepth > 0 ? Math.max(2 * members.size, minQueueDepth) : maxQueueDepth;
  }

  /** Whether nobody waits for a broadcast. */
  get isQuiet(): boolean {
    return this.#waiting.size === 0;
  }

  /** See {@link SerfCore.save}. */
  save() {
    const { intent, query, event } = this.#queues;
    return {
      intent: intent.save(),
      query: query.save(),
      event: event.save(),
      lastToken: this.#lastToken,
    };
  }

  load({ intent, query, event, lastToken }: ReturnType<Broadcasts["save"]>): void {
    this.#queues.intent.load(intent);
    this.#queues.query.load(query);
    this.#queues.event.load(event);
    this.#lastToken = lastToken;
  }
}
