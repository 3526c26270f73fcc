/**
 * A few machines on a perfect network, with a layer above that does nothing but pass on user messages.
 *
 * @module
 */

import type { Address } from "../../lib/base/address.ts";
import { TimerHeap } from "../../lib/base/timer_heap.ts";
import { EventQueue } from "../../lib/serf/events/event_queue.ts";
import { type Profile, profiles } from "../../lib/swim/config.ts";
import type { SwimEvent } from "../../lib/swim/delegate.ts";
import { retransmitLimit } from "../../lib/swim/formulas.ts";
import { Swim, type SwimTimer, type SwimWorld } from "../../lib/swim/swim.ts";
import type { Exchange, Opaque, Packet } from "../../lib/wire/messages/messages.ts";
import { addressOf, claimOf, silentDelegate, versions } from "./hand_world.ts";

/** How long a datagram is under way. */
const LATENCY_MS = 1;

/** Settings of a {@link TinyCluster}. */
export interface TinyClusterOptions {
  readonly nodes: number;
  readonly profile?: Partial<Profile>;
  readonly seed?: number;
}

/** Machines `n1` to `nN` that have known each other for long. */
export class TinyCluster {
  now = 0;
  /** Packets that carried nothing but gossip. */
  gossipPackets = 0;
  /** User messages that were sent, each copy counted. */
  userCopies = 0;
  /** When each machine first got each body. */
  readonly deliveries = new Map<Opaque, Map<string, number>>();
  readonly machines = new Map<string, Swim>();
  readonly #queues = new Map<string, EventQueue>();
  readonly #heap = new TimerHeap<() => void>();
  #seed: number;

  constructor(options: TinyClusterOptions) {
    this.#seed = options.seed ?? 1;
    const names = Array.from({ length: options.nodes }, (_, i) => `n${i + 1}`);
    const profile = { ...profiles.lan, ...options.profile };
    for (const name of names) this.#add(name, profile);
    const claims = names.map((name) => claimOf(name));
    const state = { type: "push-pull", join: false, nodes: claims, userState: null } as const;
    for (const swim of this.machines.values()) swim.accept(addressOf("n1"), state);
    this.run(20_000);
  }

  /** Lets time pass. */
  run(ms: number): void {
    const until = this.now + ms;
    for (let at = this.#heap.peekTime(); at !== undefined && at <= until;) {
      this.now = at;
      this.#heap.pop()?.();
      at = this.#heap.peekTime();
    }
    this.now = until;
  }

  /** Lets a machine send a new user message of so many bytes to all. */
  publish(name: string, length: number): Opaque {
    const body = { bytes: new Uint8Array(length) };
    this.deliveries.set(body, new Map());
    this.#deliver(name, body);
    return body;
  }

  /** How long it took until all machines had a body; `Infinity` if some have it not. */
  spreadMs(body: Opaque): number {
    const times = [...this.deliveries.get(body)?.values() ?? []];
    return times.length < this.machines.size ? Infinity : Math.max(...times) - Math.min(...times);
  }

  #add(name: string, profile: Profile): void {
    const limit = () => retransmitLimit(profile.retransmitMult, this.machines.size);
    const queue = new EventQueue({
      retransmitLimit: limit,
      peerCount: () => this.machines.size - 1,
    });
    this.#queues.set(name, queue);
    const config = {
      name,
      address: addressOf(name),
      versions,
      meta: null,
      profile,
      packetOverhead: () => 0,
    };
    const swim = new Swim(config, this.#worldOf(name, profile), {
      ...silentDelegate,
      broadcasts: (overhead, room, to) => queue.take(overhead, room, to.text),
      waitingBytes: (overhead) => queue.waitingBytes(overhead),
    });
    this.machines.set(name, swim);
    swim.start();
  }

  #worldOf(name: string, profile: Profile): SwimWorld {
    const time = () => this.now;
    return {
      get now() {
        return time();
      },
      random: () => this.#random(),
      send: (to: Address, packet: Packet) => this.#send(name, to, packet),
      request: (_to: Address, _exchange: Exchange, id: number) =>
        this.#after(
          LATENCY_MS,
          () => this.machines.get(name)?.reply(id, { ok: false, error: "EOF", refused: false }),
        ),
      after: (ms: number, timer: SwimTimer) =>
        this.#after(ms, () => this.machines.get(name)?.handle(timer)),
      emit: (event: SwimEvent) => {
        if (event.type === "user-message") {
          this.#deliver(name, event.body, profile.eagerGossip ? event.from.text : undefined);
        }
      },
    };
  }

  #send(from: string, to: Address, packet: Packet): void {
    const copies = packet.messages.filter((message) => message.type === "user").length;
    this.userCopies += copies;
    if (copies === packet.messages.length) this.gossipPackets++;
    const target = `n${(to.ip[2] << 8) | to.ip[3]}`;
    this.#after(LATENCY_MS, () => this.machines.get(target)?.receive(addressOf(from), packet));
  }

  #deliver(name: string, body: Opaque, from?: string): void {
    const seen = this.deliveries.get(body);
    if (seen === undefined || seen.has(name)) return;
    seen.set(name, this.now);
    this.#queues.get(name)?.queue({ message: { type: "user", body }, from });
    this.machines.get(name)?.wake();
  }

  #after(ms: number, run: () => void): void {
    this.#heap.push(this.now + ms, run);
  }

  #random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed / 2 ** 32;
  }
}
