/**
 * The engine of the simulator, a discrete-event simulation: virtual time, one queue of events, and hosts that exchange
 * messages over a virtual network.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { TimerHeap } from "../base/timer_heap.ts";
import type { Exchange, Packet, Reply, StreamMessage } from "../wire/messages/messages.ts";
import { slotOf } from "./address_plan.ts";
import {
  decodeSimPacket,
  decodeSimReply,
  decodeSimStream,
  encodeSimPacket,
  encodeSimStream,
  packetLength,
} from "./sim_codec.ts";
import { Network, type NetworkOptions } from "./network.ts";
import { Random } from "./random.ts";
import type { SimEvent, SimExchange } from "./sim_event.ts";
import { type Engine, SimHost } from "./sim_host.ts";
import { Statistics } from "./statistics.ts";
import { TraceDigest } from "./trace_digest.ts";

/** Is told what machines do. It is called while a machine runs, and must not call the machine back. */
export interface Observer<Timer, Event> {
  /** A machine emitted an event. */
  emitted(host: SimHost<Timer, Event>, event: Event): void;
  /** A machine has handled a packet, a stream message, a reply or a timer. */
  handled?(host: SimHost<Timer, Event>): void;
  /** A machine sent a message on a stream, as the dialler or as the answer. */
  streamSent?(host: SimHost<Timer, Event>, message: StreamMessage): void;
}

/** Settings of a {@link Simulation}. */
export interface SimulationOptions extends NetworkOptions {
  /** Decides everything that is random. */
  readonly seed: number;
  /** Whether to count the bytes of datagrams. */
  readonly countBytes?: boolean;
}

/** So many events at one instant mean that machines set timers of 0 ms for ever. */
const STUCK_AFTER = 1_000_000;

/**
 * Hosts with protocol machines of any kind in virtual time. The order of all that happens is decided by the seed:
 * events are processed by time and, at one time, in the order in which they were scheduled.
 */
export class Simulation<Timer, Event> implements Engine<Timer, Event> {
  /** The seed that repeats this run. */
  readonly seed: number;
  /** The virtual network, and its faults. */
  readonly network: Network;
  /** What was counted so far. */
  readonly statistics: Statistics = new Statistics();
  readonly #random: Random;
  readonly #observer: Observer<Timer, Event>;
  readonly #countBytes: boolean;
  readonly #heap = new TimerHeap<SimEvent<Timer>>();
  readonly #hosts: SimHost<Timer, Event>[] = [];
  readonly #slots: SimHost<Timer, Event>[] = [];
  readonly #trace = new TraceDigest();
  #now = 0;
  #atThisInstant = 0;

  constructor(options: SimulationOptions, observer: Observer<Timer, Event>) {
    this.seed = options.seed;
    this.#random = new Random(options.seed);
    this.network = new Network(this.#random.fork("network"), options);
    this.#countBytes = options.countBytes ?? false;
    this.#observer = observer;
  }

  /** Virtual milliseconds since the simulation began. */
  get now(): number {
    return this.#now;
  }

  /** A hash of all that happened so far; equal for equal seeds and scenarios. */
  get digest(): string {
    return this.#trace.toString();
  }

  /** How many events are scheduled. */
  get pending(): number {
    return this.#heap.size;
  }

  /** Adds a host. It is down until it is started. */
  addHost(): SimHost<Timer, Event> {
    const index = this.#hosts.length;
    const host = new SimHost<Timer, Event>(index, this, this.#random.fork(index));
    this.#hosts.push(host);
    return host;
  }

  /** Runs something after so many milliseconds. */
  after(ms: number, run: () => void): void {
    this.schedule(this.#now + ms, { type: "script", run });
  }

  /** Processes all events of the next so many milliseconds. */
  run(ms: number): void {
    const until = this.#now + ms;
    for (let at = this.#heap.peekTime(); at !== undefined && at <= until;) {
      this.#advance(at);
      this.#process(this.#heap.pop() as SimEvent<Timer>);
      at = this.#heap.peekTime();
    }
    this.#advance(until);
  }

  listen(host: SimHost<Timer, Event>): void {
    this.#slots[host.slot] = host;
  }

  schedule(at: number, event: SimEvent<Timer>): void {
    this.#heap.push(at, event);
  }

  send(from: SimHost<Timer, Event>, to: Address, packet: Packet): void {
    const { statistics, network } = this;
    statistics.packets++;
    const data = encodeSimPacket(packet, from.wire);
    if (this.#countBytes) {
      const length = packetLength(data);
      statistics.bytes += length;
      if (length > statistics.largestPacket) statistics.largestPacket = length;
    }
    const slot = slotOf(to);
    const target = this.#slots[slot];
    if (target === undefined) {
      statistics.unreachable++;
      return;
    }
    const delay = network.datagramDelay(from.index, target.index);
    if (delay < 0) {
      statistics.lost++;
      return;
    }
    const event: SimEvent<Timer> = { type: "packet", slot, from: from.address, data };
    this.#heap.push(this.#now + delay + target.lagMs, event);
    if (network.duplicates()) {
      statistics.duplicated++;
      this.#heap.push(this.#now + delay * 2 + target.lagMs, event);
    }
  }

  request(from: SimHost<Timer, Event>, to: Address, exchange: Exchange, id: number): void {
    this.statistics.exchanges++;
    this.#observer.streamSent?.(from, exchange.message);
    const slot = slotOf(to);
    const sent: SimExchange = {
      client: from.index,
      generation: from.generation,
      id,
      slot,
      to,
      message: encodeSimStream(exchange.message, from.wire, "dialler"),
      accepted: false,
      open: true,
    };
    const deadline = this.#now + exchange.timeoutMs;
    this.schedule(deadline, { type: "reply", exchange: sent, reply: "timeout" });
    const target = this.#slots[slot] as SimHost<Timer, Event> | undefined;
    if (target !== undefined && !this.#connected(from, target)) return;
    // The handshake takes a round trip, the message one more trip.
    const handshakeMs = this.network.streamDelay(from.index, target?.index ?? -1, 2);
    const messageMs = this.network.streamDelay(from.index, target?.index ?? -1, 1);
    // Who connects gives up when the time is over; so does who has accepted the connection and waits for the message.
    if (Math.max(handshakeMs, messageMs) > exchange.timeoutMs) return;
    const event: SimEvent<Timer> = { type: "dial", from: from.address, exchange: sent };
    this.schedule(this.#now + handshakeMs + messageMs + (target?.lagMs ?? 0), event);
  }

  emitted(host: SimHost<Timer, Event>, event: Event): void {
    this.#trace.word(host.index);
    this.#observer.emitted(host, event);
  }

  #advance(at: number): void {
    if (at > this.#now) {
      this.#now = at;
      this.#atThisInstant = 0;
    } else if (++this.#atThisInstant > STUCK_AFTER) {
      throw new Error(`Simulation is stuck at ${at} ms: timers of 0 ms without end`);
    }
  }

  #process(event: SimEvent<Timer>): void {
    this.statistics.events++;
    this.#trace.time(this.#now);
    this.#trace.word(event.type.charCodeAt(0));
    switch (event.type) {
      case "timer":
        return this.#fire(event);
      case "packet":
        return this.#deliver(event);
      case "dial":
        return this.#accept(event);
      case "reply":
        return this.#conclude(event);
      case "script":
        return event.run();
      default:
        event satisfies never;
    }
  }

  #fire(event: SimEvent<Timer> & { type: "timer" }): void {
    const host = this.#hosts[event.host];
    this.#trace.word(event.host);
    if (host.generation !== event.generation || host.state === "down") return;
    if (host.holds(event)) {
      host.hold(event);
      return;
    }
    host.machine.handle(event.timer);
    this.#observer.handled?.(host);
  }

  #deliver(event: SimEvent<Timer> & { type: "packet" }): void {
    const host = this.#slots[event.slot];
    this.#trace.word(host.index);
    if (host.state === "down" || host.slot !== event.slot) {
      this.statistics.unreachable++;
    } else if (host.holds(event)) {
      if (!host.hold(event)) this.statistics.overflowed++;
    } else {
      const { packet, intact } = decodeSimPacket(event.data, host.wire);
      if (!intact) this.statistics.undecodable++;
      this.statistics.delivered++;
      this.#trace.word(packet.messages.length);
      host.machine.receive(event.from, packet);
      this.#observer.handled?.(host);
    }
  }

  #accept(event: SimEvent<Timer> & { type: "dial" }): void {
    const { exchange } = event;
    const client = this.#hosts[exchange.client];
    const host = this.#slots[exchange.slot] as SimHost<Timer, Event> | undefined;
    if (host === undefined || host.state === "down" || host.slot !== exchange.slot) {
      this.statistics.refused++;
      const error = `dial tcp ${exchange.to}: connect: connection refused`;
      this.#answer(client.index, exchange, failure(error, true));
    } else if (this.#connected(client, host)) {
      if (host.holds(event)) exchange.accepted = host.hold(event);
      else this.#answer(host.index, exchange, this.#serve(host, event));
    }
  }

  /** Lets a running host read a stream; returns the answer to the client. */
  #serve(
    host: SimHost<Timer, Event>,
    event: SimEvent<Timer> & { type: "dial" },
  ): Reply | Uint8Array {
    const decoded = decodeSimStream(event.exchange.message, host.wire, "server");
    let answer: StreamMessage | null = null;
    if (decoded.ok) {
      this.#trace.text(decoded.message.type);
      answer = host.machine.accept(event.from, decoded.message);
      this.#observer.handled?.(host);
    } else if (decoded.answer) {
      answer = { type: "err", error: decoded.error };
    }
    if (answer === null) return failure("EOF", false);
    this.#observer.streamSent?.(host, answer);
    const data = encodeSimStream(answer, host.wire, "server");
    return data instanceof Uint8Array ? data : { ok: true, message: data };
  }

  #answer(server: number, exchange: SimExchange, reply: Reply | Uint8Array): void {
    const client = this.#hosts[exchange.client];
    const delay = this.network.streamDelay(server, client.index, 1) + client.lagMs;
    this.schedule(this.#now + delay, { type: "reply", exchange, reply });
  }

  /** Ends an exchange, unless it has ended before. */
  #conclude(event: SimEvent<Timer> & { type: "reply" }): void {
    const { exchange } = event;
    const client = this.#hosts[exchange.client];
    this.#trace.word(client.index);
    if (!exchange.open || client.generation !== exchange.generation || client.state === "down") {
      return;
    }
    if (client.holds(event)) {
      client.hold(event);
      return;
    }
    const reply = this.#arriving(event);
    if (reply === undefined) return;
    exchange.open = false;
    client.machine.reply(exchange.id, reply);
    this.#observer.handled?.(client);
  }

  /** The reply as the client gets it; `undefined` if it does not arrive. */
  #arriving({ exchange, reply }: SimEvent<Timer> & { type: "reply" }): Reply | undefined {
    if (reply === "timeout") {
      this.statistics.timedOut++;
      const step = exchange.accepted ? "read" : "dial";
      return failure(`${step} tcp ${exchange.to}: i/o timeout`, false);
    }
    const client = this.#hosts[exchange.client];
    const server = this.#slots[exchange.slot] as SimHost<Timer, Event> | undefined;
    if (server !== undefined && !this.#connected(server, client)) return undefined;
    return decodeSimReply(reply, client.wire);
  }

  /** Whether a stream between two hosts works, which takes both directions. */
  #connected(a: SimHost<Timer, Event>, b: SimHost<Timer, Event>): boolean {
    return this.network.reaches(a.index, b.index) && this.network.reaches(b.index, a.index);
  }
}

function failure(error: string, refused: boolean): Reply {
  return { ok: false, error, refused };
}
