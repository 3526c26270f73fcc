/**
 * How many packets gossip may send.
 *
 * @module
 */

import type { Profile } from "../config.ts";
import type { SwimWorld } from "../timer.ts";

/**
 * What comes in per tick, of what ticks alone would send. The rest pays for the packets that a budget which was full has
 * sent ahead, so that a stream of news does not cost more packets than it would on ticks.
 */
const INCOME = 0.75;
/** How many fan-outs the budget holds. */
const CAPACITY = 4;

/** Packets that may be sent now. The budget fills up at about the rate of gossip ticks while nothing is sent. */
export class GossipBudget {
  readonly #world: Pick<SwimWorld, "now">;
  readonly #fanOut: number;
  readonly #capacity: number;
  /** Packets per millisecond. */
  readonly #rate: number;
  #packets: number;
  #at: number;

  constructor(
    world: Pick<SwimWorld, "now">,
    { gossipNodes, gossipIntervalMs }: Pick<Profile, "gossipNodes" | "gossipIntervalMs">,
  ) {
    this.#world = world;
    this.#fanOut = gossipNodes;
    this.#capacity = CAPACITY * gossipNodes;
    this.#rate = INCOME * gossipNodes / gossipIntervalMs;
    this.#packets = this.#capacity;
    this.#at = world.now;
  }

  /** Whether so many packets may be sent. */
  covers(packets: number): boolean {
    return this.msUntil(packets) === 0;
  }

  /** How long it takes until so many packets may be sent, milliseconds; they must be fewer than three fan-outs. */
  msUntil(packets: number): number {
    this.#fill();
    return Math.max(0, Math.ceil((packets - this.#packets) / this.#rate));
  }

  /** A packet was sent that the budget covers. */
  spend(): void {
    this.#fill();
    this.#packets--;
  }

  /**
   * A packet was sent that had to be sent in any case, since it was full. It is charged for as long as a fan-out is left,
   * and then keeps the budget from filling up: the last few messages of a flood are to go out as soon as the others.
   */
  spendFull(): void {
    if (this.#packets >= this.#fanOut + 1) return this.spend();
    this.#at = this.#world.now;
  }

  #fill(): void {
    const { now } = this.#world;
    this.#packets = Math.min(this.#capacity, this.#packets + (now - this.#at) * this.#rate);
    this.#at = now;
  }
}
