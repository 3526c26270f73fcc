/**
 * Indirect pings (SWIM's "ping-req", memberlist's `indirectPingMsg`): we ping a member for another one that got no ack from
 * it, and pass on the outcome.
 *
 * @module
 */

import { Address } from "../../base/address.ts";
import type { IndirectPing, Ping, Source } from "../../wire/messages/messages.ts";
import type { SwimContext } from "../context.ts";
import { earlyFallbackDelay } from "../formulas.ts";
import type { PacketSender } from "../gossip/packet_sender.ts";
import type { SwimTimer } from "../timer.ts";

/**
 * How many indirect pings may be under way. Beyond that, requests are ignored, so that a flood of them costs no memory; a
 * member that needs more helpers has its direct ping and its other helpers.
 */
const MAX_INDIRECT_PINGS = 1_024;

interface Request {
  readonly requester: Source;
  /** The sequence number of the requester's ping. */
  readonly sequence: number;
  /** Whether the requester still expects a nack if there is no ack. */
  nack: boolean;
  readonly target: Address;
  readonly ping: Ping;
  readonly endsAt: number;
}

/**
 * Answers requests for indirect pings. With eager probes it also tries a stream when the ack is later than usual; if that
 * is refused, it sends the nack at once, because waiting longer would only keep the requester waiting.
 */
export class IndirectPinger {
  readonly #context: SwimContext;
  readonly #sender: PacketSender;
  /** By the sequence numbers of our own pings. */
  #requests = new Map<number, Request>();
  /** The nodes to which a stream is being opened: at most one each, however many members ask. */
  readonly #dialled = new Set<string>();

  constructor(context: SwimContext, sender: PacketSender) {
    this.#context = context;
    this.#sender = sender;
  }

  /** Another member asks us to ping a node. */
  request(from: Address, { sequence, node, target, nack, source }: IndirectPing): void {
    const { config, world } = this.#context;
    if (this.#requests.size >= MAX_INDIRECT_PINGS) return;
    const { eagerProbes, probeTimeoutMs } = config.profile;
    const own = this.#context.nextSequence();
    const ping: Ping = { type: "ping", sequence: own, node, source: this.#context.source };
    const to = target.port === 0 ? new Address(target.ip, config.address.port) : target;
    const requester = source ?? { address: from, node: "" };
    const endsAt = world.now + probeTimeoutMs;
    this.#requests.set(own, { requester, sequence, nack, target: to, ping, endsAt });
    this.#sender.sendTo({ address: to, node }, ping);
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

  /** An ack came that belongs to no probe of our own. */
  ack(sequence: number): void {
    const request = this.#finish(sequence);
    if (request === undefined) return;
    const ack = { type: "ack", sequence: request.sequence, payload: null } as const;
    this.#sender.sendTo(request.requester, ack);
  }

  /** No ack came in time. */
  timeout({ sequence }: SwimTimer & { type: "indirect-timeout" }): void {
    const request = this.#finish(sequence);
    if (request !== undefined) this.#sendNack(request);
  }

  /** This process stood still and may have missed acks: no nacks are sent for the pings that are under way. */
  stalled(): void {
    for (const request of this.#requests.values()) request.nack = false;
  }

  /** Dials known members only, at their own addresses: a request must not make us scan the ports of other hosts. */
  #tryStream(request: Request): void {
    const { config, nodes, world } = this.#context;
    const { target, ping, endsAt } = request;
    const { node } = ping;
    if (!config.profile.streamProbes) return;
    if (!nodes.get(node)?.address.equals(target) || this.#dialled.has(node)) return;
    this.#dialled.add(node);
    const timeoutMs = Math.max(1, endsAt - world.now);
    this.#context.request(target, { message: ping, timeoutMs }, (reply) => {
      this.#dialled.delete(node);
      // The request stays: an ack that comes after the nack is still passed on.
      if (!reply.ok && reply.refused) this.#sendNack(request);
    });
  }

  #sendNack(request: Request): void {
    if (!request.nack) return;
    request.nack = false;
    this.#sender.sendTo(request.requester, { type: "nack", sequence: request.sequence });
  }

  #awaitEarlyFallback(sequence: number): void {
    const { world, config } = this.#context;
    const ms = earlyFallbackDelay(config.profile.probeTimeoutMs);
    world.after(ms, { type: "indirect-fallback", sequence, due: world.now + ms });
  }

  #awaitTimeout(sequence: number, due: number): void {
    const { world } = this.#context;
    world.after(Math.max(0, due - world.now), { type: "indirect-timeout", sequence, due });
  }

  #finish(sequence: number): Request | undefined {
    const request = this.#requests.get(sequence);
    this.#requests.delete(sequence);
    return request;
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { requests: this.#requests };
  }

  load({ requests }: ReturnType<IndirectPinger["save"]>): void {
    this.#requests = requests;
  }
}
