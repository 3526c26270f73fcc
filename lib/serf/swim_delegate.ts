/**
 * What Serf gives to SWIM: memberlist's Delegate, EventDelegate, ConflictDelegate and PingDelegate, and a world.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { SwimConfig } from "../swim/config.ts";
import type { Delegate, SwimEvent } from "../swim/delegate.ts";
import type { SwimTimer, SwimWorld } from "../swim/timer.ts";
import type { Exchange, Message, Opaque, Packet } from "../wire/messages/messages.ts";
import type { Broadcasts } from "./broadcasts.ts";
import { encodeMeta, SERF_PROTOCOLS } from "./check_config.ts";
import type { SerfConfig } from "./config.ts";
import type { SerfContext, SerfWorld } from "./context.ts";
import type { CoordinateTracker } from "./coordinates/coordinate_tracker.ts";
import type { DatagramLog } from "./datagram_log.ts";
import type { MemberStatuses } from "./members/member_statuses.ts";
import type { MessageReceiver } from "./message_receiver.ts";
import type { NameConflictResolver } from "./queries/internal/name_conflict.ts";
import type { StateExchange } from "./state_exchange.ts";
import type { SwimOperations } from "./swim_operations.ts";

/** SWIM's settings for a Serf node. Throws a `RangeError` if its tags are too large. */
export function swimConfig(config: SerfConfig, packetOverhead: () => number): SwimConfig {
  const { name, address, tags, protocol, profile, maxMembers, allows, evidenceBytes, metrics } =
    config;
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
  const limits = { maxMembers, evidenceBytes, packetOverhead };
  return { name, address, versions, meta, profile, allows, metrics, ...limits };
}

/** The parts of Serf that SWIM calls. */
export interface SwimListeners {
  readonly broadcasts: Broadcasts;
  readonly coordinates: CoordinateTracker | undefined;
  readonly statuses: MemberStatuses;
  readonly conflicts: NameConflictResolver;
  readonly receiver: MessageReceiver;
  readonly stateExchange: StateExchange;
  readonly operations: SwimOperations;
}

/**
 * Answers SWIM's questions, hands each of its events to the part of Serf that it is for, and passes everything else
 * through to Serf's own world. SWIM needs its delegate when it is made, and Serf's parts need SWIM: hence
 * {@link connect}, which must be called before the node starts.
 */
export class SwimDelegate implements SwimWorld, Delegate {
  readonly #world: SerfWorld;
  readonly #datagramLog: DatagramLog;
  #serf!: SwimListeners;

  constructor({ world, datagramLog }: Pick<SerfContext, "world" | "datagramLog">) {
    this.#world = world;
    this.#datagramLog = datagramLog;
  }

  /** From now on SWIM may be started. */
  connect(listeners: SwimListeners): void {
    this.#serf = listeners;
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
    const serf = this.#serf;
    switch (event.type) {
      case "node-join":
        return serf.statuses.handleNodeJoin(event.claim);
      case "node-leave":
        return serf.statuses.handleNodeLeave(event.claim);
      case "node-update":
        return serf.statuses.handleNodeUpdate(event.claim);
      case "conflict":
        return serf.conflicts.handle(event);
      case "user-message":
        return serf.receiver.receive(event.from, event.body);
      case "ping-ack":
        return serf.coordinates?.observe(event);
      case "done":
        return serf.operations.end(event.id, event.error);
      case "log":
        if (this.#datagramLog.allows("memberlist", event.level, this.#world.now)) {
          this.#world.emit(event);
        }
        return;
      default:
        event satisfies never;
    }
  }

  broadcasts(overhead: number, limit: number, to: Address): Message[] {
    return this.#serf.broadcasts.take(overhead, limit, to);
  }

  waitingBytes(overhead: number): number {
    return this.#serf.broadcasts.waitingBytes(overhead);
  }

  localState(): Opaque {
    return this.#serf.stateExchange.localState();
  }

  mergeRemoteState(state: Opaque, join: boolean): Iterator<undefined> {
    return this.#serf.stateExchange.merge(state, join);
  }

  ackPayload(): Uint8Array | null {
    return this.#serf.coordinates?.ackPayload() ?? null;
  }
}
