/**
 * What Serf has to gossip: join and leave intents, queries, and user events.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { oncePer } from "../base/memory_economy.ts";
import { BroadcastQueue } from "../swim/gossip/broadcast_queue.ts";
import { retransmitLimit } from "../swim/formulas.ts";
import { messageLength } from "../wire/messages/message_codec.ts";
import type { Message, Opaque, User } from "../wire/messages/messages.ts";
import type { SerfContext } from "./context.ts";
import { EventQueue } from "./events/event_queue.ts";

/** The queues in the order in which they fill a packet. */
const KINDS = ["intent", "query", "event"] as const;

/** Which queue a broadcast waits in. */
export type BroadcastKind = (typeof KINDS)[number];

/** What the log calls the queues. */
const TITLES = { intent: "Intent", query: "Query", event: "Event" } as const;

/** A queue that reaches so many times its limit between two checks is cut at once. */
const EMERGENCY_FACTOR = 4;

/** The membership layer, as gossip of Serf needs it. */
export interface BroadcastCarrier {
  /** How many members are alive or suspect, ourselves included. */
  readonly aliveCount: number;
  /** There is news to send. What is urgent may cost more packets. */
  wake(options: { urgent: boolean }): void;
  /** Whether a packet has room for a message. */
  fits(message: Message): boolean;
}

/** One queue for each kind of broadcast. */
export class Broadcasts {
  readonly #context: SerfContext;
  readonly #memberCount: () => number;
  readonly #carrier: BroadcastCarrier;
  readonly #queues: {
    readonly intent: BroadcastQueue;
    readonly query: BroadcastQueue;
    readonly event: EventQueue;
  };

  /** `memberCount` counts members of any status. */
  constructor(context: SerfContext, memberCount: () => number, carrier: BroadcastCarrier) {
    this.#context = context;
    this.#memberCount = memberCount;
    this.#carrier = carrier;
    const limit = () => retransmitLimit(context.config.profile.retransmitMult, memberCount());
    this.#queues = {
      intent: new BroadcastQueue(limit),
      query: new BroadcastQueue(limit),
      event: new EventQueue({
        retransmitLimit: limit,
        peerCount: () => carrier.aliveCount - 1,
      }),
    };
  }

  /**
   * Queues a body; `finished` is called when it was sent its full count, or dropped, and `from` is whom we have it from if
   * it is not our own. What is too long for any packet is dropped at once: others get it with the next exchange of state,
   * if they do.
   */
  queue(
    kind: BroadcastKind,
    body: Opaque,
    { from, finished }: { from?: Address; finished?: () => void } = {},
  ): void {
    const message = userMessage(body);
    if (!this.#carrier.fits(message)) return finished?.();
    const queue = this.#queues[kind];
    queue.queue({ message, finished, from: from?.text });
    if (queue.length > EMERGENCY_FACTOR * this.#maxDepth()) this.#prune(kind);
    this.#carrier.wake({ urgent: kind !== "event" });
  }

  /** Bytes of all that waits, counting `overhead` for each. */
  waitingBytes(overhead: number): number {
    const { intent, query, event } = this.#queues;
    return intent.waitingBytes(overhead) + query.waitingBytes(overhead) +
      event.waitingBytes(overhead);
  }

  /** User messages for a packet; see {@link Delegate.broadcasts}. */
  take(overhead: number, limit: number, to: Address): Message[] {
    const { metrics } = this.#context.config;
    const taken: Message[] = [];
    let free = limit;
    for (const kind of KINDS) {
      for (const message of this.#queues[kind].take(overhead, free, to.text)) {
        const length = messageLength(message);
        taken.push(message);
        free -= overhead + length;
        // Without the type byte of the membership layer.
        metrics?.sample("serf.msgs.sent", length - 1);
      }
    }
    return taken;
  }

  /** How many broadcasts of a kind are waiting. */
  depth(kind: BroadcastKind): number {
    return this.#queues[kind].length;
  }

  /** Warns of queues that grow long, and cuts those that are too long. */
  check(): void {
    const { queueDepthWarning, metrics } = this.#context.config;
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
    this.#context.log(
      "WARN",
      `${TITLES[kind]} queue depth (${
        this.depth(kind)
      }) exceeds limit (${max}), dropping messages!`,
    );
    this.#queues[kind].prune(max);
  }

  #maxDepth(): number {
    const { maxQueueDepth, minQueueDepth } = this.#context.config;
    return minQueueDepth > 0 ? Math.max(2 * this.#memberCount(), minQueueDepth) : maxQueueDepth;
  }
}

/** One message object for each body, because the encoding of a message is remembered with the object. */
const userMessage = oncePer((body: Opaque): User => ({ type: "user", body }));
