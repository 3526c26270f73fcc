/**
 * Waiting until a broadcast is out.
 *
 * @module
 */

import type { Opaque } from "../wire/messages/messages.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { SerfContext, SerfLayerTimer } from "./context.ts";

/** Those who wait for an intent of theirs to be sent as often as it is going to be. */
export class BroadcastNotifier {
  readonly #context: SerfContext;
  readonly #broadcasts: Broadcasts;
  readonly #waiting = new Map<number, (sent: boolean) => void>();
  #lastToken = 0;

  constructor(context: SerfContext, broadcasts: Broadcasts) {
    this.#context = context;
    this.#broadcasts = broadcasts;
  }

  /** Queues an intent; `then` learns whether it was sent within the broadcast timeout. */
  start(intent: Opaque, then: (sent: boolean) => void): void {
    const { config, world } = this.#context;
    const token = ++this.#lastToken;
    this.#waiting.set(token, then);
    world.after(config.broadcastTimeoutMs, { type: "broadcast-over", token, sent: false });
    // The queue finishes a broadcast while a packet is being filled: no time to do anything else.
    this.#broadcasts.queue(
      "intent",
      intent,
      { finished: () => world.after(0, { type: "broadcast-over", token, sent: true }) },
    );
  }

  handle({ token, sent }: SerfLayerTimer & { type: "broadcast-over" }): void {
    const then = this.#waiting.get(token);
    this.#waiting.delete(token);
    then?.(sent);
  }
}
