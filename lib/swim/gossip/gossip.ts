/**
 * The gossip scheduler: when broadcasts are sent, and to whom (SWIM, section 4.1; memberlist's `gossip`).
 *
 * A node sends each message `retransmitLimit` times, in fan-outs: packets to `gossipNodes` members at once. memberlist sends
 * a fan-out at every tick, so that a message waits for half a tick at every node on its way, 100 ms on average. We send the
 * first fan-outs without waiting. This is one event at one of 20 nodes, with 3 members to a fan-out and a limit of 8:
 *
 *     ms            0            10           100                210          300               500
 *     memberlist    queued                    3 packets                       3 packets         2 packets
 *     eager         3 packets    3 packets                       2 packets
 *
 * The first fan-out tells members the news. They do the same, so that all 20 nodes know it after a few hops. The second fan-out
 * follows soon, in case packets were lost. The rest mostly reaches members that know already: it waits a full tick for
 * newer messages to share its packets with.
 *
 * A single event goes to our neighbours first, the successors of our node in several rings: so nobody is left out, and nobody is
 * told much more often than others. If every fourth datagram is lost, 2 of 12,000 deliveries among 30 simulated members are
 * missed instead of 16.
 *
 * Sent like that, every message would have packets of its own. Three rules keep their number down to that of ticks:
 *
 *  - Fan-outs keep a distance, and what is queued meanwhile shares the next one.
 *  - A {@link GossipBudget} limits packets to the rate of ticks. Under a stream of events it runs low: then news goes to two
 *    members or one at once, and in the end messages wait and share packets just as they do on ticks.
 *  - Full packets need no budget, because no schedule could do with fewer. They only keep a pace that receivers can follow.
 *
 * If there are fewer other members than a fan-out has packets, as in a pair, each eager fan-out tells all of them. Both go at
 * once then, so that nobody wakes up twice, and further copies of a message wait for pings and acks to take them along. In a
 * pair, news of members waits for them from the start: two nodes that have just exchanged state have told each other all.
 *
 * When nothing is queued, no timer runs; and what is due soon is sent when a datagram wakes us up, which saves a timer. In
 * `SwimNetwork` with 20 events a second among 30 members, half as many timers fire, for as many packets.
 *
 * @module
 */

import type { Claim } from "../../wire/messages/messages.ts";
import type { SwimContext } from "../context.ts";
import { isUp } from "../state/claims.ts";
import type { SwimTimer } from "../timer.ts";
import type { Broadcast } from "./broadcast_queue.ts";
import { GossipBudget, type PacketKind } from "./gossip_budget.ts";
import type { Backlog, PacketSender } from "./packet_sender.ts";

/**
 * Between two fan-outs, milliseconds: what comes in meanwhile shares the next packets. `SwimNetwork` in `tests/swim` is as
 * fast, and sends as much, with anything from 1 to 20. With 50, a burst of 500 events among 5 members takes 120 ms instead of
 * 80.
 */
const SPACING_MS = 10;
/**
 * Between two fan-outs of full packets, milliseconds. Real receivers need this time to work them off; the cluster benchmark
 * `burst` shows whether they can. With 10, a burst of 500 events among 30 members takes more than half a second (the test "a
 * burst reaches all members soon, in as few packets" fails).
 */
const PACE_MS = 3;
/**
 * Fan-outs that go ahead of the ticks. In simulated clusters of 30 members with 10 % loss, nine of ten events are known to
 * all within 20 ms. With 1, they are within 220 ms, because lost packets are made up for a tick later; 3 change nothing.
 */
const EAGER_FAN_OUTS = 2;

/**
 * How much sooner than it is due a fan-out is sent when a datagram has woken us up: waking up once more costs more than the
 * packet. The budget lends what it will have by then.
 */
const EARLY_MS = 40;

/**
 * How long the further copies of a message wait if each eager fan-out has told all members, milliseconds. Those copies are
 * hardly ever needed, and among so few members pings and acks soon go to everybody, and take them along.
 */
const REST_OF_FEW_MS = 1_000;

/** The kinds of news, the most urgent last. */
const NEWS = ["member", "event", "urgent"] as const;
/** What is news: that a member has joined or changed, an event, or what somebody waits for. */
export type News = (typeof NEWS)[number];

/** Decides when packets of broadcasts are sent, and to whom. Without eager gossip they are sent at ticks, as by memberlist. */
export class Gossip {
  readonly #context: SwimContext;
  readonly #sender: PacketSender;
  readonly #budget: GossipBudget;
  readonly #isEager: boolean;
  /** How many members get a packet at once, if there are so many. */
  readonly #mostFanOut: number;
  /** The same for the latest news. */
  #fanOut: number;
  /** The time of one tick; the others are whole intervals away. */
  #tickPhase: number;
  /** How many packets of the eager fan-outs with the latest news are yet to be sent. */
  #eagerPackets = 0;
  /** The most urgent news that they carry. */
  #news: News = "member";
  #lastEagerAt = -Infinity;
  #isDraining = false;
  /** When an event was last queued. */
  #lastEventAt = -Infinity;
  /** Whether none had been queued for a tick before. */
  #isSingleEvent = true;
  /** The members that are yet to be told the latest news, before anybody else. */
  #neighbours: string[] = [];
  /** Those who were told out of turn, and are passed over once in return. */
  #skipped = new Set<string>();
  #lastFanOutAt = -Infinity;
  /** When the next fan-out is due; `Infinity` while nothing is to be sent. */
  #dueAt = Infinity;
  /** Tells the timer of the next fan-out from those that have been replaced. */
  #token = 0;

  constructor(context: SwimContext, sender: PacketSender) {
    this.#context = context;
    this.#sender = sender;
    const { world, config: { profile } } = context;
    this.#budget = new GossipBudget(world, profile);
    this.#isEager = profile.eagerGossip;
    this.#mostFanOut = this.#fanOut = profile.gossipNodes;
    this.#tickPhase = world.now + world.random() * profile.gossipIntervalMs;
  }

  /** How many packets may be sent at once now. */
  get budget(): number {
    return this.#budget.packets;
  }

  /** Queues a broadcast of this layer. One that is too long for any packet is dropped. */
  broadcast(broadcast: Broadcast, { isAwaited }: { readonly isAwaited: boolean }): void {
    const { message, waiter } = broadcast;
    const news = message.type === "alive" ? "member" : "urgent";
    if (this.#sender.enqueue(broadcast)) this.wake(news, { isAwaited });
    else if (waiter !== undefined) this.#context.endSoon(waiter);
  }

  /** Something new was queued. If it is urgent, or awaited by somebody, its last copies must not be late either. */
  wake(news: News = "event", { isAwaited = false } = {}): void {
    if (news === "event") this.#noteEvent();
    const isPressing = isAwaited || news === "urgent";
    if (news === "member" && !isPressing && this.#waitsForPings) return;
    const peers = Math.max(1, this.#context.nodes.aliveCount - 1);
    this.#fanOut = isPressing ? this.#mostFanOut : Math.min(this.#mostFanOut, peers);
    this.#eagerPackets = EAGER_FAN_OUTS * this.#fanOut;
    if (NEWS.indexOf(news) > NEWS.indexOf(this.#news)) this.#news = news;
    this.#arm();
  }

  /** Whether news of members waits for pings and acks to take it along: in a pair, unless there is more urgent news. */
  get #waitsForPings(): boolean {
    return this.#isEager && this.#context.nodes.aliveCount === 2 && this.#news === "member";
  }

  #noteEvent(): void {
    const { config: { profile: { gossipIntervalMs } }, world: { now } } = this.#context;
    if (now > this.#lastEventAt) this.#isSingleEvent = now >= this.#lastEventAt + gossipIntervalMs;
    this.#lastEventAt = now;
  }

  /** From now on everything is sent without budget: we are about to leave, and need none later. */
  drain(): void {
    this.#isDraining = true;
    this.#arm();
  }

  /** A fan-out may be due. */
  handle(timer: SwimTimer & { type: "gossip" }): void {
    if (!this.isStale(timer)) this.#send(0);
  }

  /** Sends what is due soon, because we are awake. */
  sendEarly(): void {
    const { now } = this.#context.world;
    if (!this.#isEager || this.#dueAt <= now || this.#dueAt > now + EARLY_MS) return;
    if (now >= this.#lastFanOutAt + SPACING_MS) this.#send(EARLY_MS);
  }

  /** Sends a fan-out, as far as the budget covers it now or soon. */
  #send(aheadMs: number): void {
    const { config: { metrics, profile: { gossipIntervalMs } }, world } = this.#context;
    this.#dueAt = Infinity;
    this.#lastFanOutAt = world.now;
    this.#token++;
    const { asked, packets } = this.#sendFanOut(aheadMs);
    if (packets > 0 && this.#isRepeated) this.#sendFanOut(aheadMs);
    // Without members to ask, gossip sleeps until the next `wake`. If all of them have everything, it tries again later.
    if (asked > 0 && !this.#sender.isEmpty) this.#arm(packets > 0 ? 0 : gossipIntervalMs);
    metrics?.sample("memberlist.gossip", world.now - this.#lastFanOutAt);
  }

  /** Whether another eager fan-out is to tell the same members as the last one. */
  get #isRepeated(): boolean {
    return this.#tellsAll && this.#eagerPackets > 0 && this.#sender.backlog === "small";
  }

  /** Whether each eager fan-out tells all members. */
  get #tellsAll(): boolean {
    return this.#fanOut < this.#mostFanOut;
  }

  /** Whether another timer has taken the place of this one. */
  isStale({ token }: SwimTimer & { type: "gossip" }): boolean {
    return token !== this.#token;
  }

  /** Sends packets to the next few members. Returns how many members were looked at, and how many got a packet. */
  #sendFanOut(aheadMs: number): { asked: number; packets: number } {
    const asked = new Set<string>();
    let packets = 0;
    while (packets < this.#mostFanOut) {
      const { backlog } = this.#sender;
      if (backlog === "none" || !this.#maySend(backlog, aheadMs)) break;
      const peer = this.#nextPeer(backlog, { isFirst: asked.size === 0 });
      if (peer === undefined || asked.has(peer.node)) break;
      asked.add(peer.node);
      if (!this.#sender.gossip(peer)) continue;
      packets++;
      this.#countPacket(backlog);
    }
    return { asked: asked.size, packets };
  }

  #maySend(backlog: Backlog, aheadMs: number): boolean {
    if (!this.#isEager || this.#isDraining || backlog === "large") return true;
    return this.#budget.msUntil(1, this.#nextKind) <= aheadMs;
  }

  /** How many packets of the eager fan-outs with the latest news have been sent. */
  get #eagerSent(): number {
    return EAGER_FAN_OUTS * this.#fanOut - this.#eagerPackets;
  }

  /** What the next packet is to the budget. */
  get #nextKind(): PacketKind {
    const sent = this.#eagerSent;
    if (sent >= this.#fanOut) return "further";
    if (this.#news !== "event") return this.#news;
    if (sent === 0) return "first";
    return sent === 1 ? "second" : "further";
  }

  /** A packet was sent; `backlog` is what waited before. */
  #countPacket(backlog: Backlog): void {
    if (backlog === "large") return this.#budget.spendFull();
    this.#budget.spend();
    if (this.#eagerPackets === 0) return;
    this.#eagerPackets--;
    if (this.#eagerSent >= this.#fanOut) this.#news = "member";
    this.#lastEagerAt = this.#context.world.now;
  }

  /**
   * Members take turns, but news goes first to the successor, the node whose name comes after ours, and a single event also to
   * our other neighbours. When each of many nodes tells three random others, one in twenty is told by nobody (e^-3); but
   * everybody is the neighbour of as many as everybody else.
   */
  #nextPeer(backlog: Backlog, { isFirst }: { isFirst: boolean }): Claim | undefined {
    const { nodes } = this.#context;
    if (isFirst && this.#beginsFanOut(backlog)) this.#beginWithNeighbours(backlog);
    for (let name = this.#neighbours.shift(); name !== undefined; name = this.#neighbours.shift()) {
      const neighbour = nodes.get(name);
      if (neighbour === undefined || !this.#wantsGossip(neighbour)) continue;
      this.#skipped.add(neighbour.node);
      return neighbour;
    }
    for (;;) {
      const peer = nodes.next((claim) => this.#wantsGossip(claim));
      if (peer === undefined || !this.#skipped.delete(peer.node)) return peer;
    }
  }

  /**
   * Events that follow each other closely go to the successor only, and then to members in turn: packets to always the same
   * neighbours would carry fewer of them. So does news of members: real agents that join at once know each other no sooner
   * along rings.
   */
  #beginWithNeighbours(backlog: Backlog): void {
    const { nodes } = this.#context;
    const isSingle = this.#news === "event" && this.#isSingleEvent && backlog === "small";
    const { successor } = nodes;
    const first = successor === undefined ? [] : [successor.node];
    this.#neighbours = isSingle ? [...nodes.neighbours] : first;
    this.#skipped.clear();
  }

  /** Whether the next packet is the first of several with news. */
  #beginsFanOut(backlog: Backlog): boolean {
    if (!this.#isEager) return false;
    if (backlog === "large") return true;
    return this.#eagerSent === 0 && this.#budget.covers(2, this.#nextKind);
  }

  /** Whether a node is gossiped to: also one that died recently, so that it can refute (memberlist's "gossip to the dead"). */
  #wantsGossip(claim: Claim): boolean {
    return isUp(claim) || (claim.state === "dead" && !this.#context.nodes.isExpired(claim.node));
  }

  /** Sets the timer of the next fan-out, unless it is set for an earlier time already. */
  #arm(delayMs = 0): void {
    const { world } = this.#context;
    const dueAt = Math.max(this.#nextFanOutAt(), world.now + delayMs);
    if (dueAt >= this.#dueAt) return;
    this.#dueAt = dueAt;
    world.after(dueAt - world.now, { type: "gossip", token: ++this.#token });
  }

  #nextFanOutAt(): number {
    const { config: { profile: { gossipIntervalMs } }, world: { now } } = this.#context;
    const spaced = Math.max(now, this.#lastFanOutAt + SPACING_MS);
    if (!this.#isEager) return this.#tickAfter(spaced);
    if (this.#sender.backlog === "large") return Math.max(now, this.#lastFanOutAt + PACE_MS);
    if (this.#isDraining) return spaced;
    const covered = Math.max(spaced, now + this.#budget.msUntil(1, this.#nextKind));
    if (this.#eagerPackets > 0) return covered;
    const restMs = this.#tellsAll ? REST_OF_FEW_MS : gossipIntervalMs;
    return Math.max(covered, this.#lastEagerAt + restMs);
  }

  #tickAfter(time: number): number {
    const { gossipIntervalMs } = this.#context.config.profile;
    const ticks = Math.floor((time - this.#tickPhase) / gossipIntervalMs) + 1;
    return this.#tickPhase + ticks * gossipIntervalMs;
  }

  /** See {@link SerfCore.save}. */
  save() {
    return {
      budget: this.#budget.save(),
      fanOut: this.#fanOut,
      tickPhase: this.#tickPhase,
      eagerPackets: this.#eagerPackets,
      lastEagerAt: this.#lastEagerAt,
      news: this.#news,
      isDraining: this.#isDraining,
      lastEventAt: this.#lastEventAt,
      isSingleEvent: this.#isSingleEvent,
      neighbours: this.#neighbours,
      skipped: this.#skipped,
      lastFanOutAt: this.#lastFanOutAt,
      dueAt: this.#dueAt,
      token: this.#token,
    };
  }

  load(saved: ReturnType<Gossip["save"]>): void {
    this.#budget.load(saved.budget);
    this.#fanOut = saved.fanOut;
    this.#tickPhase = saved.tickPhase;
    this.#eagerPackets = saved.eagerPackets;
    this.#lastEagerAt = saved.lastEagerAt;
    this.#news = saved.news;
    this.#isDraining = saved.isDraining;
    this.#lastEventAt = saved.lastEventAt;
    this.#isSingleEvent = saved.isSingleEvent;
    this.#neighbours = saved.neighbours;
    this.#skipped = saved.skipped;
    this.#lastFanOutAt = saved.lastFanOutAt;
    this.#dueAt = saved.dueAt;
    this.#token = saved.token;
  }
}
