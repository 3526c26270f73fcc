/**
 * Pings on behalf of others.
 *
 * @module
 */

import { Address } from "../../base/address.ts";
import type { Exchange, IndirectPing, Ping, Reply, Source } from "../../wire/messages/messages.ts";
import type { SwimConfig } from "../config.ts";
import { earlyFallbackDelay } from "../formulas.ts";
import type { PacketSender } from "../gossip/packet_sender.ts";
import type { NodeList } from "../state/node_list.ts";
import type { SwimTimer, SwimWorld } from "../timer.ts";

/** Pings under way for others; more are not taken on, so that a flood of requests costs no memory. */
const MAX_INDIRECT_PINGS = 1_024;

/** What relays work with. */
export interface IndirectPingerParts {
  readonly config: SwimConfig;
  readonly world: SwimWorld;
  readonly nodes: NodeList;
  readonly sender: PacketSender;
  /** Who we are, for those who answer. */
  readonly source: Source;
  /** A sequence number that no other ping of ours has. */
  readonly nextSequence: () => number;
  /** Starts a stream exchange. */
  readonly request: (to: Address, exchange: Exchange, settle: (reply: Reply) => void) => void;
}

interface Request {
  readonly requester: Address;
  /** The requester's own number. */
  readonly sequence: number;
  /** Whether the requester is to hear that there was no ack. */
  nack: boolean;
  readonly target: Address;
  readonly ping: Ping;
  /** When the target has had its time. */
  readonly endsAt: number;
}

/**
 * Pings members for those who could not reach them, and passes the outcome back. Like probes, an eager relay tries a
 * stream when the ack is later than usual; if that is refused, it has no reason to keep the requester waiting.
 */
export class IndirectPinger {
  readonly #parts: IndirectPingerParts;
  readonly #requests = new Map<number, Request>();
  /** Those to whom a stream is being opened: one at a time, whoever asks. */
  readonly #dialled = new Set<string>();

  constructor(parts: IndirectPingerParts) {
    this.#parts = parts;
  }

  /** Somebody asks us to ping a node. */
  request(from: Address, { sequence, node, target, nack, source }: IndirectPing): void {
    const { config, world, sender } = this.#parts;
    if (this.#requests.size >= MAX_INDIRECT_PINGS) return;
    const { eagerProbes, probeTimeoutMs } = config.profile;
    const own = this.#parts.nextSequence();
    const ping: Ping = { type: "ping", sequence: own, node, source: this.#parts.source };
    const to = target.port === 0 ? new Address(target.ip, config.address.port) : target;
    const requester = source?.address ?? from;
    const endsAt = world.now + probeTimeoutMs;
    this.#requests.set(own, { requester, sequence, nack, target: to, ping, endsAt });
    sender.send(to, ping);
    if (eagerProbes && nack) this.#awaitEarlyFallback(own);
    else this.#awaitTimeout(own, endsAt);
  }

  /** The ack is later than usual. */
  earlyFallback({ sequence }: SwimTimer & { type: "indirect-fallback" }): void {
    const request = this.#requests.get(sequence);
    if (request === undefined) return;
    this.#tryStream(request);
    this.#awaitTimeout(sequence, request.endsAt);
  }

  /** An ack came; if it belongs to one of these pings, the requester gets one. */
  ack(sequence: number): void {
    const request = this.#finish(sequence);
    if (request === undefined) return;
    const ack = { type: "ack", sequence: request.sequence, payload: null } as const;
    this.#parts.sender.send(request.requester, ack);
  }

  /** No ack came in time. */
  timeout({ sequence }: SwimTimer & { type: "indirect-timeout" }): void {
    const request = this.#finish(sequence);
    if (request !== undefined) this.#sendNack(request);
  }

  /** We stood still, and may have missed acks: of pings under way we do not say that they failed. */
  stalled(): void {
    for (const request of this.#requests.values()) request.nack = false;
  }

  /** Only members are dialled, at their own address: nobody makes us look for open ports elsewhere. */
  #tryStream(request: Request): void {
    const { nodes, world } = this.#parts;
    const { target, ping, endsAt } = request;
    const { node } = ping;
    if (!nodes.get(node)?.address.equals(target) || this.#dialled.has(node)) return;
    this.#dialled.add(node);
    const timeoutMs = Math.max(1, endsAt - world.now);
    this.#parts.request(target, { message: ping, timeoutMs }, (reply) => {
      this.#dialled.delete(node);
      // An ack may still come, and is passed on.
      if (!reply.ok && reply.refused) this.#sendNack(request);
    });
  }

  #sendNack(request: Request): void {
    if (!request.nack) return;
    request.nack = false;
    this.#parts.sender.send(request.requester, { type: "nack", sequence: request.sequence });
  }

  #awaitEarlyFallback(sequence: number): void {
    const { world, config } = this.#parts;
    const ms = earlyFallbackDelay(config.profile.probeTimeoutMs);
    world.after(ms, { type: "indirect-fallback", sequence, due: world.now + ms });
  }

  #awaitTimeout(sequence: number, due: number): void {
    const { world } = this.#parts;
    world.after(Math.max(0, due - world.now), { type: "indirect-timeout", sequence, due });
  }

  #finish(sequence: number): Request | undefined {
    const request = this.#requests.get(sequence);
    this.#requests.delete(sequence);
    return request;
  }
}
