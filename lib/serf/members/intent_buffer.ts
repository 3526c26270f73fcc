/**
 * Join and leave intents that arrive before the membership layer has told us of their node.
 *
 * @module
 */

/** What a node, or somebody on its behalf, has announced. */
export interface Intent {
  readonly type: "join" | "leave";
  /** The Lamport time of the announcement. */
  readonly lTime: number;
}

interface BufferedIntent extends Intent {
  readonly receivedAt: number;
}

/** Nodes that intents are kept for. The oldest make room for new ones: names come from the network. */
const CAPACITY = 16_384;

/** Keeps the newest intent of each node that is not a member yet. */
export class IntentBuffer {
  readonly #intents = new Map<string, BufferedIntent>();

  /** Keeps an intent unless a newer one, or an equally old one, is known; returns whether it was kept. */
  offer(node: string, intent: Intent, now: number): boolean {
    const known = this.#intents.get(node);
    if (known !== undefined && intent.lTime <= known.lTime) return false;
    this.#intents.delete(node);
    if (this.#intents.size >= CAPACITY) this.#dropOldest();
    this.#intents.set(node, { type: intent.type, lTime: intent.lTime, receivedAt: now });
    return true;
  }

  /** Removes and returns what was announced about a node. */
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
}
