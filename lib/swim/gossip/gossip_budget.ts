/**
 * How many packets gossip may send: a token bucket, so that news sent at once costs no more packets than news sent on
 * ticks.
 *
 * memberlist may send `gossipNodes` packets at every tick, and what it does not send then is lost. The bucket gets a quarter
 * fewer, but keeps up to four ticks' worth, to be used at any time. Each kind of packet leaves so many in the bucket:
 *
 *     urgent    -2 fan-outs    somebody waits for it, and it is rare: it may go on credit
 *     first      0             a packet with news
 *     second     2 packets     the next packet with the same news
 *     member     1 fan-out     a packet with news of members only, which may come in hundreds when a cluster is formed
 *     further    2 fan-outs    all others, which mostly tell what is known already
 *
 * So news is told to three members, or two, or one, the less the more of it there is. A full packet is sent in any case,
 * because no schedule could do with fewer.
 *
 * The figures below are from `deno task bench --only event-streams`, but where they name something else: how many packets
 * gossip sends compared with ticks, and how long half of the deliveries take.
 *
 * @module
 */

import type { Profile } from "../config.ts";
import type { SwimWorld } from "../timer.ts";

/**
 * What comes in, as a share of the `gossipNodes` packets per tick that memberlist may send. At 20 events a second, gossip takes
 * 10 % fewer packets than ticks, and 90 ms. With 0.9 it takes 3 % more packets, with 0.5 it takes 173 ms.
 */
const INCOME = 0.75;
/**
 * How many fan-outs the budget holds. With 6, 20 events a second take more packets than ticks (the test "a stream of events
 * takes no more packets than ticks" fails). With 3, the second fan-out of a single event has to wait.
 */
const CAPACITY = 4;
/**
 * How many fan-outs the packets leave that come after the second with their news. With 3, the second fan-out of a single
 * event has to wait.
 */
const RESERVE = 2;
/**
 * How many packets the second one with its news leaves. At 10 events a second, half of the deliveries take up to 22 ms, with
 * 0 it is 145 ms. With 3 it is 15 ms, but if every tenth datagram is lost, one in a hundred takes 740 ms instead of 500,
 * because the next packet comes too late.
 */
const RESERVE_OF_SECOND = 2;
/**
 * How many fan-outs the packets leave that carry news of members only. In the simulator, an event just after 30 nodes have
 * joined takes 16 ms to 99 % of them; with 0 it is half a second. 60 nodes know each other as soon.
 */
const RESERVE_OF_MEMBERS = 1;
/**
 * How many fan-outs of credit urgent news has. A stream of events keeps the budget empty; this is enough for two suspicions,
 * deaths or leaves at once (the test "urgent broadcasts overdraw the budget by two fan-outs, and no more").
 */
const OVERDRAFT = 2;

/**
 * What a packet carries: news of some kind that few members have been told, which of events is the `first` packet or the
 * `second`; or what more members have been told.
 */
export type PacketKind = "urgent" | "first" | "second" | "member" | "further";

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
    this.#floor = {
      urgent: -OVERDRAFT * gossipNodes,
      first: 0,
      second: RESERVE_OF_SECOND,
      member: RESERVE_OF_MEMBERS * gossipNodes,
      further: RESERVE * gossipNodes,
    };
    this.#packetsPerMs = INCOME * gossipNodes / gossipIntervalMs;
    this.#packets = this.#capacity;
    this.#filledAt = world.now;
  }

  /** How many packets may be sent now; less than 0 is credit. */
  get packets(): number {
    return this.#packetsAt(this.#world.now);
  }

  #packetsAt(now: number): number {
    return Math.min(this.#capacity, this.#packets + (now - this.#filledAt) * this.#packetsPerMs);
  }

  /** Whether so many packets may be sent now. */
  covers(packets: number, kind: PacketKind = "first"): boolean {
    return this.msUntil(packets, kind) === 0;
  }

  /** How long it takes until so many packets may be sent, milliseconds. */
  msUntil(packets: number, kind: PacketKind = "first"): number {
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
    const { now } = this.#world;
    this.#packets = this.#packetsAt(now);
    this.#filledAt = now;
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
