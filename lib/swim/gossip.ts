/**
 * When gossip is sent, and to whom.
 *
 * @module
 */

import type { Claim } from "../wire/messages.ts";
import type { SwimConfig } from "./config.ts";
import type { Outbox } from "./outbox.ts";
import type { Roster } from "./roster.ts";
import { isUp } from "./claims.ts";
import type { SwimTimer, SwimWorld } from "./timer.ts";

/** How many rounds of gossip news gets ahead of the ticks: the first at once, the next after the spacing. */
const EAGER_ROUNDS = 2;
/** Rounds closer together than this are merged, so that load makes fuller packets and not more of them; milliseconds. */
const SPACING_MS = 10;

/** What gossip works with. */
export interface GossipParts {
  readonly config: SwimConfig;
  readonly world: SwimWorld;
  readonly roster: Roster;
  readonly outbox: Outbox;
}

/**
 * Sends what is queued, in rounds to a few members each. Ticks come at the gossip interval, at a phase of our own, but
 * only while there is something to send: an idle node sleeps. A message goes out as often as the retransmit limit
 * says whether it is sent eagerly or not, so being eager costs no packets.
 */
export class Gossip {
  readonly #parts: GossipParts;
  /** Some time at which there is a tick. */
  readonly #phase: number;
  #eagerRounds = 0;
  #lastRoundAt = -Infinity;
  /** When the next round is due; `Infinity` while asleep. */
  #dueAt = Infinity;
  #token = 0;

  constructor(parts: GossipParts) {
    this.#parts = parts;
    const { world, config: { profile } } = parts;
    this.#phase = world.now + world.random() * profile.gossipIntervalMs;
  }

  /** Something new was queued. */
  wake(): void {
    if (this.#parts.config.profile.eagerGossip) this.#eagerRounds = EAGER_ROUNDS;
    this.#arm();
  }

  /** A round may be due. */
  handle({ token }: SwimTimer & { type: "gossip" }): void {
    if (token !== this.#token) return;
    this.#dueAt = Infinity;
    this.#lastRoundAt = this.#parts.world.now;
    if (this.#eagerRounds > 0) this.#eagerRounds--;
    if (this.#sendRound()) this.#arm();
    else this.#eagerRounds = 0;
    const { config: { metrics }, world } = this.#parts;
    metrics?.sample("memberlist.gossip", world.now - this.#lastRoundAt);
  }

  /** Sends a packet to each of the next few members; `false` if there was nothing to send, or nobody to send it to. */
  #sendRound(): boolean {
    const { config: { profile }, roster, outbox } = this.#parts;
    const peers = roster.walk(profile.gossipNodes, (claim) => this.#listens(claim));
    let sent = false;
    for (const peer of peers) {
      if (!outbox.gossip(peer)) break;
      sent = true;
    }
    return sent;
  }

  /** Whether a node should hear news: also one that died not long ago, which may yet refute it. */
  #listens(claim: Claim): boolean {
    return isUp(claim) || (claim.state === "dead" && !this.#parts.roster.isLongGone(claim.node));
  }

  #arm(): void {
    const { world } = this.#parts;
    const earliest = Math.max(world.now, this.#lastRoundAt + SPACING_MS);
    const dueAt = this.#eagerRounds > 0 ? earliest : this.#tickAfter(earliest);
    if (dueAt >= this.#dueAt) return;
    this.#dueAt = dueAt;
    world.after(dueAt - world.now, { type: "gossip", token: ++this.#token });
  }

  #tickAfter(time: number): number {
    const { gossipIntervalMs } = this.#parts.config.profile;
    const ticks = Math.floor((time - this.#phase) / gossipIntervalMs) + 1;
    return this.#phase + ticks * gossipIntervalMs;
  }
}
