/**
 * Swim machines in the simulator, on a network that at most loses datagrams. The layer above only passes on user messages. It
 * is for tests of what gossip costs and how fast it spreads.
 *
 * @module
 */

import { EventQueue } from "../../lib/serf/events/event_queue.ts";
import type { SimHost } from "../../lib/sim/sim_host.ts";
import { Simulation } from "../../lib/sim/simulation.ts";
import { type Profile, profiles } from "../../lib/swim/config.ts";
import type { SwimEvent } from "../../lib/swim/delegate.ts";
import { retransmitLimit } from "../../lib/swim/formulas.ts";
import { Swim, type SwimTimer, type SwimWorld } from "../../lib/swim/swim.ts";
import type { Opaque, Packet } from "../../lib/wire/messages/messages.ts";
import { addressOf, claimOf, silentDelegate, versions } from "./hand_world.ts";

/** How long a datagram is under way. */
const LATENCY_MS = [1, 1] as const;

/** Settings of a {@link SwimNetwork}. */
export interface SwimNetworkOptions {
  readonly nodes: number;
  readonly profile?: Partial<Profile>;
  readonly seed?: number;
  /** What share of datagrams is lost. Default: none. */
  readonly loss?: number;
}

/** One machine, the queue of what it passes on, and where it runs. */
interface Node {
  readonly swim: Swim;
  readonly queue: EventQueue;
}

/** Machines `n1` to `nN` that have known each other for long. */
export class SwimNetwork {
  /** Packets that carried nothing but gossip. */
  gossipPackets = 0;
  /** User messages that were sent, each copy counted. */
  userCopies = 0;
  readonly #simulation: Simulation<SwimTimer, SwimEvent>;
  readonly #profile: Profile;
  readonly #nodes: Node[] = [];
  /** The bodies, each with a time of its own, and when each machine first got them. */
  readonly #published = new Map<Opaque, { lTime: number; seen: Map<Node, number> }>();

  constructor({ nodes, profile, seed = 1, loss = 0 }: SwimNetworkOptions) {
    this.#profile = { ...profiles.lan, ...profile };
    this.#simulation = new Simulation({ seed, latencyMs: LATENCY_MS, loss }, {
      emitted: (host, event) => this.#hear(this.#nodes[host.index], event),
    });
    const names = Array.from({ length: nodes }, (_, i) => `n${i + 1}`);
    for (const name of names) this.#add(name);
    const claims = names.map((name) => claimOf(name));
    const state = { type: "push-pull", join: false, nodes: claims, userState: null } as const;
    for (const { swim } of this.#nodes) swim.accept(addressOf("n1"), state);
    this.run(20_000);
  }

  /** Lets time pass. */
  run(ms: number): void {
    this.#simulation.run(ms);
  }

  /** Lets a machine, counted from 0, send a new user message of so many bytes to all. */
  publish(index: number, length: number): Opaque {
    const body = { bytes: new Uint8Array(length) };
    this.#published.set(body, { lTime: this.#published.size, seen: new Map() });
    this.#deliver(this.#nodes[index], body);
    return body;
  }

  /** How long it took until all machines had a body; `Infinity` if some have it not. */
  spreadMs(body: Opaque): number {
    const delays = this.delaysMs(body);
    return delays.length < this.#nodes.length - 1 ? Infinity : Math.max(...delays);
  }

  /** How long it took until each of the others had a body; those that have it not are left out. */
  delaysMs(body: Opaque): number[] {
    const [sent, ...others] = this.#published.get(body)?.seen.values() ?? [];
    return others.map((at) => at - sent);
  }

  #add(name: string): void {
    const profile = this.#profile;
    const queue = new EventQueue({
      retransmitLimit: () => retransmitLimit(profile.retransmitMult, this.#nodes.length),
      peerCount: () => this.#nodes.length - 1,
    });
    const address = addressOf(name);
    const config = {
      name,
      address,
      versions,
      meta: null,
      profile,
      maxMembers: 65_536,
      packetOverhead: () => 0,
    };
    const host = this.#simulation.addHost();
    host.start(address, (host) => {
      const swim = new Swim(config, this.#counting(host), {
        ...silentDelegate,
        broadcasts: (overhead, room, to) => queue.take(overhead, room, to.text),
        waitingBytes: (overhead) => queue.waitingBytes(overhead),
      });
      this.#nodes.push({ swim, queue });
      return swim;
    });
  }

  /** The world of a host, with an eye on the datagrams. */
  #counting(host: SimHost<SwimTimer, SwimEvent>): SwimWorld {
    return {
      get now() {
        return host.now;
      },
      random: () => host.random(),
      send: (to, packet) => {
        this.#count(packet);
        host.send(to, packet);
      },
      request: (to, exchange, id) => host.request(to, exchange, id),
      after: (ms, timer) => host.after(ms, timer),
      emit: (event) => host.emit(event),
    };
  }

  #count({ messages }: Packet): void {
    const copies = messages.filter(({ type }) => type === "user").length;
    this.userCopies += copies;
    if (copies === messages.length) this.gossipPackets++;
  }

  #hear(node: Node, event: SwimEvent): void {
    if (event.type !== "user-message") return;
    this.#deliver(node, event.body, this.#profile.eagerGossip ? event.from.text : undefined);
  }

  #deliver(node: Node, body: Opaque, from?: string): void {
    const { lTime, seen } = this.#published.get(body) ?? {};
    if (lTime === undefined || seen === undefined) return;
    if (seen.has(node)) {
      if (from !== undefined) node.queue.confirm(lTime, body, from);
      return;
    }
    seen.set(node, this.#simulation.now);
    node.queue.queue({ message: { type: "user", body }, from, lTime });
    node.swim.wake();
  }
}
