/**
 * When gossip is sent, and to whom.
 *
 * @module
 */

import type { Claim } from "../../wire/messages/messages.ts";
import { isUp } from "../state/claims.ts";
import type { SwimConfig } from "../config.ts";
import { GossipBudget } from "./gossip_budget.ts";
import type { PacketSender } from "./packet_sender.ts";
import type { NodeList } from "../state/node_list.ts";
import type { SwimTimer, SwimWorld } from "../timer.ts";

/** Rounds closer together than this are merged, so that load makes fuller packets and not more of them; milliseconds. */
const SPACING_MS = 10;
/** Between two rounds of full packets: receivers need the time to work them off; milliseconds. */
const PACE_MS = 3;
/** Fan-outs that go ahead of the ticks: the first at once, the next after the spacing. */
const EAGER_FAN_OUTS = 2;
/** Fan-outs that are kept for the next news when messages are sent that a first few have got already. */
const RESERVE = 2;
/** Fan-outs by which what is urgent may overdraw the budget. */
const OVERDRAFT = 2;

/** What gossip works with. */
export interface GossipParts {
  readonly config: SwimConfig;
  readonly world: SwimWorld;
  readonly nodes: NodeList;
  readonly sender: PacketSender;
}

/**
 * Sends what is queued, in rounds of packets to a few members each. A message goes out as often as the retransmit limit
 * says, in any case; the question is only when, and how many share a packet.
 *
 * Eager gossip sends news to the first members at once. So that it takes no more packets than ticks would, there is a
 * {@link GossipBudget}: news may use it up, what was sent to a first few only what is beyond the next fan-out. Full
 * packets are free, since no schedule could do with fewer.
 *
 * Without eagerness, rounds come at ticks, at a phase of our own. In both cases an idle node sleeps.
 */
export class Gossip {
  readonly #parts: GossipParts;
  readonly #budget: GossipBudget;
  /** Some time at which there is a tick. */
  readonly #phase: number;
  /** Packets of the eager fan-outs of the latest news that are yet to be sent. */
  #newsPackets = 0;
  #lastNewsAt = -Infinity;
  /** Whether there is something urgent among the latest news. */
  #isUrgent = false;
  #drains = false;
  /** Whoever got news out of turn. Their next turn is left out. */
  #skipNext: string | undefined;
  #lastRoundAt = -Infinity;
  /** When the next round is due; `Infinity` while asleep. */
  #dueAt = Infinity;
  #token = 0;

  constructor(parts: GossipParts) {
    this.#parts = parts;
    const { world, config: { profile } } = parts;
    this.#budget = new GossipBudget(world, profile);
    this.#phase = world.now + world.random() * profile.gossipIntervalMs;
  }

  /** Something new was queued. What is urgent may overdraw the budget: it is rare, and somebody waits for it. */
  wake({ urgent = false }: { urgent?: boolean } = {}): void {
    this.#newsPackets = EAGER_FAN_OUTS * this.#parts.config.profile.gossipNodes;
    if (urgent) this.#isUrgent = true;
    this.#arm();
  }

  /** From now on the budget does not matter: we are about to leave, and save up for nothing. */
  drain(): void {
    this.#drains = true;
    this.#arm();
  }

  /** A round may be due. */
  handle({ token }: SwimTimer & { type: "gossip" }): void {
    if (token !== this.#token) return;
    const { config: { metrics, profile: { gossipIntervalMs } }, world } = this.#parts;
    this.#dueAt = Infinity;
    this.#lastRoundAt = world.now;
    const { peers, packets } = this.#sendRound();
    if (peers > 0 && !this.#parts.sender.isEmpty) this.#arm(packets > 0 ? 0 : gossipIntervalMs);
    metrics?.sample("memberlist.gossip", world.now - this.#lastRoundAt);
  }

  get #isEager(): boolean {
    return this.#parts.config.profile.eagerGossip;
  }

  /** Sends a packet to each of the next few members; returns how many there were to choose from, and how many got one. */
  #sendRound(): { peers: number; packets: number } {
    const { config: { profile }, sender } = this.#parts;
    const asked = new Set<string>();
    let packets = 0;
    while (packets < profile.gossipNodes && !sender.isEmpty && this.#maySend()) {
      const peer = this.#nextPeer(asked.size === 0);
      if (peer === undefined || asked.has(peer.node)) break;
      asked.add(peer.node);
      const isFull = sender.overflows;
      if (!sender.gossip(peer)) continue;
      packets++;
      this.#countPacket(isFull);
    }
    return { peers: asked.size, packets };
  }

  #maySend(): boolean {
    return this.#sendsAtWill || this.#budget.covers(this.#needed);
  }

  /** Whether the next packet needs no budget. */
  get #sendsAtWill(): boolean {
    return !this.#isEager || this.#drains || this.#parts.sender.overflows;
  }

  /** What the budget must hold for the next packet. */
  get #needed(): number {
    const { gossipNodes } = this.#parts.config.profile;
    if (this.#newsPackets <= gossipNodes) return RESERVE * gossipNodes + 1;
    return this.#isUrgent ? 1 - OVERDRAFT * gossipNodes : 1;
  }

  #countPacket(isFull: boolean): void {
    if (isFull) return this.#budget.spendFull();
    this.#budget.spend();
    if (this.#newsPackets === 0) return;
    this.#newsPackets--;
    if (this.#newsPackets <= this.#parts.config.profile.gossipNodes) this.#isUrgent = false;
    this.#lastNewsAt = this.#parts.world.now;
  }

  /**
   * Members take turns, but a round of news begins with our successor: chance alone would leave out one member in twenty
   * when everybody tells three others, while everybody is somebody's successor.
   */
  #nextPeer(isFirst: boolean): Claim | undefined {
    const { nodes } = this.#parts;
    const { successor } = nodes;
    if (isFirst && successor !== undefined && this.#beginsFanOut) {
      this.#skipNext = successor.node;
      return successor;
    }
    const peer = nodes.next((claim) => this.#listens(claim));
    if (peer === undefined || peer.node !== this.#skipNext) return peer;
    this.#skipNext = undefined;
    return nodes.next((claim) => this.#listens(claim));
  }

  /** Whether the next packet is the first of several with news. */
  get #beginsFanOut(): boolean {
    const { config: { profile }, sender } = this.#parts;
    if (!profile.eagerGossip) return false;
    if (sender.overflows) return true;
    return this.#newsPackets === EAGER_FAN_OUTS * profile.gossipNodes &&
      this.#budget.covers(this.#needed + 1);
  }

  /** Whether a node should hear news: also one that died not long ago, which may yet refute it. */
  #listens(claim: Claim): boolean {
    return isUp(claim) || (claim.state === "dead" && !this.#parts.nodes.isLongGone(claim.node));
  }

  #arm(delayMs = 0): void {
    const { world } = this.#parts;
    const dueAt = Math.max(this.#nextRoundAt(), world.now + delayMs);
    if (dueAt >= this.#dueAt) return;
    this.#dueAt = dueAt;
    world.after(dueAt - world.now, { type: "gossip", token: ++this.#token });
  }

  #nextRoundAt(): number {
    const { config: { profile: { gossipIntervalMs } }, world: { now }, sender } = this.#parts;
    const earliest = Math.max(now, this.#lastRoundAt + SPACING_MS);
    if (!this.#isEager) return this.#tickAfter(earliest);
    if (sender.overflows) return Math.max(now, this.#lastRoundAt + PACE_MS);
    if (this.#drains) return earliest;
    const covered = Math.max(earliest, now + this.#budget.msUntil(this.#needed));
    // What is left to send had better ride along with something else.
    return this.#newsPackets > 0 ? covered : Math.max(covered, this.#lastNewsAt + gossipIntervalMs);
  }

  #tickAfter(time: number): number {
    const { gossipIntervalMs } = this.#parts.config.profile;
    const ticks = Math.floor((time - this.#phase) / gossipIntervalMs) + 1;
    return this.#phase + ticks * gossipIntervalMs;
  }
}
