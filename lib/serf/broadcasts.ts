/**
 * What Serf has to gossip: join and leave intents, queries, and user events.
 *
 * @module
 */

import { BroadcastQueue } from "../swim/broadcast_queue.ts";
import { retransmitLimit } from "../swim/formulas.ts";
import { messageLength } from "../wire/codec.ts";
import type { Message, Opaque, User } from "../wire/messages.ts";
import type { SerfContext } from "./context.ts";

/** The queues in the order in which they fill a packet. */
const KINDS = ["intent", "query", "event"] as const;

/** Which queue a broadcast waits in. */
export type BroadcastKind = (typeof KINDS)[number];

/** What the log calls the queues. */
const TITLES = { intent: "Intent", query: "Query", event: "Event" } as const;

/** A queue that reaches so many times its limit between two checks is cut at once. */
const EMERGENCY_FACTOR = 4;

/** One queue for each kind of broadcast. */
export class Broadcasts {
  readonly #context: SerfContext;
  readonly #memberCount: () => number;
  readonly #wake: () => void;
  readonly #queues: Readonly<Record<BroadcastKind, BroadcastQueue>>;

  /** `memberCount` counts members of any status; `wake` tells the membership layer that there is news to send. */
  constructor(context: SerfContext, memberCount: () => number, wake: () => void) {
    this.#context = context;
    this.#memberCount = memberCount;
    this.#wake = wake;
    const limit = () => retransmitLimit(context.config.profile.retransmitMult, memberCount());
    this.#queues = {
      intent: new BroadcastQueue(limit),
      query: new BroadcastQueue(limit),
      event: new BroadcastQueue(limit),
    };
  }

  /** Queues a body; `finished` is called when it was sent its full count, or dropped. */
  queue(kind: BroadcastKind, body: Opaque, finished?: () => void): void {
    const queue = this.#queues[kind];
    queue.queue({ message: userMessage(body), finished });
    if (queue.length > EMERGENCY_FACTOR * this.#maxDepth()) this.#prune(kind);
    this.#wake();
  }

  /** User messages for a packet; see {@link Delegate.broadcasts}. */
  take(overhead: number, limit: number): Message[] {
    const { metrics } = this.#context.config;
    const taken: Message[] = [];
    let free = limit;
    for (const kind of KINDS) {
      for (const message of this.#queues[kind].take(overhead, free)) {
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

/** One message object per body, because a message object keeps its encoding. */
const userMessages = new WeakMap<Opaque, User>();

function userMessage(body: Opaque): User {
  let message = userMessages.get(body);
  if (message === undefined) {
    message = { type: "user", body };
    userMessages.set(body, message);
  }
  return message;
}
