/**
 * How many packets gossip may send: a token bucket, so that news sent at once costs no more packets than news sent on
 * ticks.
 *
 * Intuition: think of postage stamps. memberlist gets `gossipNodes` stamps at every tick, and those that it cannot use at that
 * moment are lost. We get a quarter fewer, but may keep up to four ticks' worth in a drawer, and post a letter at any time:
 *
 *  - A letter with news takes a stamp as long as there is one.
 *  - A letter that repeats what a few members have been told leaves two ticks' worth of stamps for the next news.
 *  - Urgent news is rare, and somebody waits for it: it may go on credit, up to two ticks' worth.
 *  - A full letter is posted in any case, because the same text cannot be sent with fewer stamps.
 *
 * The drawer makes the first letter fast. The missing quarter pays for that.
 *
 * The figures below are from `SwimNetwork` in `tests/swim`, with 30 members and seeds 1 to 10: how many packets gossip sends
 * compared with ticks, and the median time until all members have an event.
 *
 * @module
 */

import type { Profile } from "../config.ts";
import type { SwimWorld } from "../timer.ts";

/**
 * What comes in, as a share of the `gossipNodes` packets per tick that memberlist may send. At 20 events a second, gossip takes
 * 7 % fewer packets than ticks, and 540 ms. With 0.9 it would take 6 % more packets, with 0.5 it would take 720 ms.
 */
const INCOME = 0.75;
/**
 * How many fan-outs the budget holds. With 6, 20 events a second take more packets than ticks (the test "a stream of events
 * takes no more packets than ticks" fails). With 3, the second fan-out of a single event has to wait.
 */
const CAPACITY = 4;
/**
 * How many fan-outs a packet leaves that is not the first with its news. At 4 events a second, gossip takes 280 ms with 2,
 * 360 ms with 1 and 540 ms with 0. With 3, the second fan-out of a single event has to wait.
 */
const RESERVE = 2;
/**
 * How many fan-outs of credit urgent news has. A stream of events keeps the budget empty; this is enough for two suspicions,
 * deaths or leaves at once (the test "urgent broadcasts overdraw the budget by two fan-outs, and no more").
 */
const OVERDRAFT = 2;

/** What a packet carries. A `repeat` carries what a first fan-out of members has been sent already. */
export type PacketKind = "urgent" | "news" | "repeat";

/** The packets that may be sent now. */
export class GossipBudget {
  readonly #world: Pick<SwimWorld, "now">;
  readonly #fanOut: number;
  readonly #capacity: number;
  /** What must be left after a packet of each kind; credit if negative. */
  readonly #floor: Readonly<Record<PacketKind, number>>;
  readonly #packetsPerMs: number;
  #packets: number;
  /** Until when the income has been added. */
  #filledAt: number;

  constructor(
    world: Pick<SwimWorld, "now">,
    { gossipNodes, gossipIntervalMs }: Pick<Profile, "gossipNodes" | "gossipIntervalMs">,
  ) {
    this.#world = world;
    this.#fanOut = gossipNodes;
    this.#capacity = CAPACITY * gossipNodes;
    this.#floor = { urgent: -OVERDRAFT * gossipNodes, news: 0, repeat: RESERVE * gossipNodes };
    this.#packetsPerMs = INCOME * gossipNodes / gossipIntervalMs;
    this.#packets = this.#capacity;
    this.#filledAt = world.now;
  }

  /** How many packets may be sent now; less than 0 is credit. */
  get packets(): number {
    const income = (this.#world.now - this.#filledAt) * this.#packetsPerMs;
    return Math.min(this.#capacity, this.#packets + income);
  }

  /** Whether so many packets may be sent now. */
  covers(packets: number, kind: PacketKind = "news"): boolean {
    return this.msUntil(packets, kind) === 0;
  }

  /** How long it takes until so many packets may be sent, milliseconds. */
  msUntil(packets: number, kind: PacketKind = "news"): number {
    this.#fill();
    const missing = this.#floor[kind] + packets - this.#packets;
    return Math.max(0, Math.ceil(missing / this.#packetsPerMs));
  }

  /** A packet was sent because the budget covers it. */
  spend(): void {
    this.#fill();
    this.#packets--;
  }

  /** A packet was sent because it was full. When only one fan-out is left, it costs the income since the last packet. */
  spendFull(): void {
    if (this.#packets >= this.#fanOut + 1) return this.spend();
    this.#filledAt = this.#world.now;
  }

  #fill(): void {
    this.#packets = this.packets;
    this.#filledAt = this.#world.now;
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { packets: this.#packets, filledAt: this.#filledAt };
  }

  load({ packets, filledAt }: ReturnType<GossipBudget["save"]>): void {
    this.#packets = packets;
    this.#filledAt = filledAt;
  }
}
