/**
 * Join and leave intents about nodes that are not members yet: intents may overtake SWIM's news of the node itself. Serf
 * calls them recent intents.
 *
 * @module
 */

import type { LamportTime } from "../../base/lamport_time.ts";
import { MAX_NAME } from "../../wire/messages/claim_codec.ts";

/** A node joins or leaves, as it has announced, or somebody on its behalf. */
export interface Intent {
  readonly type: "join" | "leave";
  /** The Lamport time of the announcement. */
  readonly lTime: LamportTime;
}

interface BufferedIntent extends Intent {
  readonly receivedAt: number;
}

/**
 * How many nodes intents are kept for. Serf sets no bound, but names come from the network: without one, a flood of
 * made-up names could take all memory for five minutes. The number is above the size of any cluster that was simulated
 * (10,000).
 */
const CAPACITY = 16_384;

/** Keeps the newest intent of each node. */
export class IntentBuffer {
  #intents = new Map<string, BufferedIntent>();

  /** Keeps an intent unless one with the same or a later time is known. Returns whether it was kept. No node has a very long name. */
  offer(node: string, intent: Intent, now: number): boolean {
    if (node.length > MAX_NAME) return false;
    const known = this.#intents.get(node);
    if (known !== undefined && intent.lTime <= known.lTime) return false;
    this.#intents.delete(node);
    if (this.#intents.size >= CAPACITY) this.#dropOldest();
    this.#intents.set(node, { type: intent.type, lTime: intent.lTime, receivedAt: now });
    return true;
  }

  /** Removes and returns the intent about a node. */
  take(node: string): Intent | undefined {
    const intent = this.#intents.get(node);
    this.#intents.delete(node);
    return intent;
  }

  /** Forgets the intents that were received before `deadline`. */
  expire(deadline: number): void {
    for (const [node, { receivedAt }] of this.#intents) {
      if (receivedAt >= deadline) return;
      this.#intents.delete(node);
    }
  }

  #dropOldest(): void {
    for (const node of this.#intents.keys()) {
      this.#intents.delete(node);
      return;
    }
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { intents: this.#intents };
  }

  load({ intents }: ReturnType<IntentBuffer["save"]>): void {
    this.#intents = intents;
  }
}
