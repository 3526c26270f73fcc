/**
 * What the membership layer below Serf is given: its settings and its world.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { SwimConfig } from "../swim/config.ts";
import type { SwimEvent } from "../swim/delegate.ts";
import type { SwimTimer, SwimWorld } from "../swim/timer.ts";
import type { Exchange, Packet } from "../wire/messages/messages.ts";
import { encodeMeta, SERF_PROTOCOLS } from "./check_config.ts";
import type { SerfWorld } from "./context.ts";
import type { SerfConfig } from "./config.ts";

/** What a Serf node announces of itself. Throws a `RangeError` if its tags are too large. */
export function swimConfig(config: SerfConfig, packetOverhead: () => number): SwimConfig {
  const { name, address, tags, protocol, profile, metrics } = config;
  const { min, max } = SERF_PROTOCOLS;
  const versions = {
    protocolMin: 1,
    protocolMax: 5,
    protocolCur: 2,
    delegateMin: min,
    delegateMax: max,
    delegateCur: protocol,
  };
  const meta = encodeMeta(tags, protocol);
  return { name, address, versions, meta, profile, packetOverhead, metrics };
}

/** Passes everything through to Serf's own world, except that events go to Serf. */
export class SwimDelegate implements SwimWorld {
  readonly #world: SerfWorld;
  readonly #onEvent: (event: SwimEvent) => void;

  constructor(world: SerfWorld, onEvent: (event: SwimEvent) => void) {
    this.#world = world;
    this.#onEvent = onEvent;
  }

  get now(): number {
    return this.#world.now;
  }

  random(): number {
    return this.#world.random();
  }

  send(to: Address, packet: Packet): void {
    this.#world.send(to, packet);
  }

  request(to: Address, exchange: Exchange, id: number): void {
    this.#world.request(to, exchange, id);
  }

  after(ms: number, timer: SwimTimer): void {
    this.#world.after(ms, timer);
  }

  emit(event: SwimEvent): void {
    this.#onEvent(event);
  }
}
