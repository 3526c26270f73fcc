/**
 * Pings on behalf of others.
 *
 * @module
 */

import { Address } from "../base/address.ts";
import type { IndirectPing, Source } from "../wire/messages.ts";
import type { SwimConfig } from "./config.ts";
import type { Outbox } from "./outbox.ts";
import type { SwimTimer, SwimWorld } from "./timer.ts";

/** Pings under way for others; more are not taken on, so that a flood of requests costs no memory. */
const MAX_RELAYS = 1_024;

/** What relays work with. */
export interface RelayParts {
  readonly config: SwimConfig;
  readonly world: SwimWorld;
  readonly outbox: Outbox;
  /** Who we are, for those who answer. */
  readonly source: Source;
  /** A sequence number that no other ping of ours has. */
  readonly nextSequence: () => number;
}

interface Request {
  readonly requester: Address;
  /** The requester's own number. */
  readonly sequence: number;
  /** Whether the requester is to hear that there was no ack. */
  nack: boolean;
}

/** Pings members for those who could not reach them, and passes the outcome back. */
export class Relay {
  readonly #parts: RelayParts;
  readonly #requests = new Map<number, Request>();

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  /** Somebody asks us to ping a node. */
  request(from: Address, { sequence, node, target, nack, source }: IndirectPing): void {
    const { config, world, outbox } = this.#parts;
    if (this.#requests.size >= MAX_RELAYS) return;
    const own = this.#parts.nextSequence();
    this.#requests.set(own, { requester: source?.address ?? from, sequence, nack });
    const to = target.port === 0 ? new Address(target.ip, config.address.port) : target;
    outbox.send(to, { type: "ping", sequence: own, node, source: this.#parts.source });
    const { probeTimeoutMs } = config.profile;
    const due = world.now + probeTimeoutMs;
    world.after(probeTimeoutMs, { type: "relay-timeout", sequence: own, due });
  }

  /** An ack came; if it belongs to one of these pings, the requester gets one. */
  ack(sequence: number): void {
    const request = this.#finish(sequence);
    if (request === undefined) return;
    const ack = { type: "ack", sequence: request.sequence, payload: null } as const;
    this.#parts.outbox.send(request.requester, ack);
  }

  /** No ack came in time. */
  timeout({ sequence }: SwimTimer & { type: "relay-timeout" }): void {
    const request = this.#finish(sequence);
    if (!request?.nack) return;
    this.#parts.outbox.send(request.requester, { type: "nack", sequence: request.sequence });
  }

  /** We stood still, and may have missed acks: of pings under way we do not say that they failed. */
  stalled(): void {
    for (const request of this.#requests.values()) request.nack = false;
  }

  #finish(sequence: number): Request | undefined {
    const request = this.#requests.get(sequence);
    this.#requests.delete(sequence);
    return request;
  }
}
