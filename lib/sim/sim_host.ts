/**
 * One simulated machine: the world its protocol machine lives in, and the faults that can befall it.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { Machine, World } from "../base/world.ts";
import type { Exchange, Packet, Reply, StreamMessage } from "../wire/messages/messages.ts";
import type { WireOptions } from "../wire/framing/wire_options.ts";
import { placeOf } from "./address_plan.ts";
import type { Random } from "./random.ts";
import type { SimEvent } from "./sim_event.ts";

/** A protocol machine as the simulator drives it. */
export type SimMachine<Timer> = Machine<Packet, StreamMessage, Reply, Timer>;

/** Paused is a process that is stopped (SIGSTOP) or a machine that hangs; down is a process that has ended. */
export type HostState = "running" | "paused" | "down";

/** What a host asks of the simulation it belongs to. */
export interface Engine<Timer, Event> {
  /** Virtual milliseconds. */
  readonly now: number;
  /** From now on the host is the one that is found at its place. */
  listen(host: SimHost<Timer, Event>): void;
  /** Lets an event happen at a time, after those that were scheduled for it before. */
  schedule(at: number, event: SimEvent<Timer>): void;
  /** A machine sends a datagram; see `World.send`. */
  send(from: SimHost<Timer, Event>, to: Address, packet: Packet): void;
  /** A machine starts an exchange; see `World.request`. */
  request(from: SimHost<Timer, Event>, to: Address, exchange: Exchange, id: number): void;
  /** A machine tells the layer above something. */
  emitted(host: SimHost<Timer, Event>, event: Event): void;
}

/** How many datagrams wait for a paused host; about what Linux's default receive buffer holds of small ones. */
const RECEIVE_BUFFER = 256;
/** How many streams wait for a paused host; the usual backlog of a listening socket. */
const BACKLOG = 128;

/** A host of the simulation. Its clock has an origin of its own, like that of every real machine. */
export class SimHost<Timer, Event> implements World<Packet, Exchange, Timer, Event> {
  /** Counts hosts from 0; the network knows a host by it. */
  readonly index: number;
  /** How messages are encoded; `undefined` passes them by reference. */
  wire: WireOptions | undefined;
  /** How much later than due everything reaches the machine, milliseconds: an overloaded host. */
  lagMs = 0;
  readonly #engine: Engine<Timer, Event>;
  readonly #random: Random;
  readonly #originMs: number;
  #state: HostState = "down";
  #life = 0;
  #place = -1;
  #address: Address | undefined;
  #machine: SimMachine<Timer> | undefined;
  #held: SimEvent<Timer>[] = [];
  #heldPackets = 0;
  #heldStreams = 0;

  constructor(index: number, engine: Engine<Timer, Event>, random: Random) {
    this.index = index;
    this.#engine = engine;
    this.#random = random;
    this.#originMs = random.below(1e6);
  }

  /** Whether it runs. */
  get state(): HostState {
    return this.#state;
  }

  /** Counts the starts of the process, from 1. */
  get life(): number {
    return this.#life;
  }

  /** Where it listens, or last listened; see `placeOf`. */
  get place(): number {
    return this.#place;
  }

  /** The address of that place. Throws an `Error` before the first start. */
  get address(): Address {
    if (this.#address === undefined) throw new Error(`Host ${this.index} was never started`);
    return this.#address;
  }

  /** Starts a process at an address; `build` makes its machine. */
  start(address: Address, build: (world: this) => SimMachine<Timer>): void {
    if (this.#state !== "down") throw new Error(`Host ${this.index} is ${this.#state} already`);
    this.#life++;
    this.#address = address;
    this.#place = placeOf(address);
    this.#state = "running";
    this.#engine.listen(this);
    this.#machine = build(this);
    this.#machine.start();
  }

  /** Ends the process without a word. Its pending timers and answers die with it. */
  kill(): void {
    this.#state = "down";
    this.#machine = undefined;
    this.#dropHeld();
  }

  /** Stops the process where it is: timers fire late, packets and streams wait in bounded buffers. */
  pause(): void {
    if (this.#state !== "running") throw new Error(`Host ${this.index} is ${this.#state}`);
    this.#state = "paused";
  }

  /** Lets a paused process continue. As in an event loop, the timers that are overdue come before the packets. */
  resume(): void {
    if (this.#state !== "paused") throw new Error(`Host ${this.index} is ${this.#state}`);
    this.#state = "running";
    const now = this.#engine.now;
    const held = this.#held;
    this.#dropHeld();
    for (const event of held) if (event.type === "timer") this.#engine.schedule(now, event);
    for (const event of held) if (event.type !== "timer") this.#engine.schedule(now, event);
  }

  /** Keeps an event for a paused host; `false` if its buffer is full. */
  hold(event: SimEvent<Timer>): boolean {
    if (event.type === "packet" && this.#heldPackets++ >= RECEIVE_BUFFER) return false;
    if (event.type === "dial" && this.#heldStreams++ >= BACKLOG) return false;
    this.#held.push(event);
    return true;
  }

  /** The machine of a running process. Throws an `Error` when there is none. */
  get machine(): SimMachine<Timer> {
    if (this.#machine === undefined) throw new Error(`Host ${this.index} is down`);
    return this.#machine;
  }

  get now(): number {
    return this.#engine.now + this.#originMs;
  }

  random(): number {
    return this.#random.next();
  }

  send(to: Address, packet: Packet): void {
    this.#engine.send(this, to, packet);
  }

  request(to: Address, exchange: Exchange, id: number): void {
    this.#engine.request(this, to, exchange, id);
  }

  after(ms: number, timer: Timer): void {
    const at = this.#engine.now + (ms > 0 ? ms : 0) + this.lagMs;
    this.#engine.schedule(at, { type: "timer", host: this.index, life: this.#life, timer });
  }

  emit(event: Event): void {
    this.#engine.emitted(this, event);
  }

  #dropHeld(): void {
    this.#held = [];
    this.#heldPackets = 0;
    this.#heldStreams = 0;
  }
}
