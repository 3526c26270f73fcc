/**
 * One simulated host: the `World` of its protocol machine, and the faults of a process (kill, pause, block, overload).
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { Machine, World } from "../base/world.ts";
import type { Exchange, Packet, Reply, StreamMessage } from "../wire/messages/messages.ts";
import type { WireOptions } from "../wire/framing/wire_options.ts";
import { slotOf } from "./address_plan.ts";
import type { Random } from "./random.ts";
import type { SimEvent } from "./sim_event.ts";

/** A protocol machine as the simulator drives it. */
export type SimMachine<Timer> = Machine<Packet, StreamMessage, Reply, Timer>;

/** `paused` is a process that was stopped (SIGSTOP) or hangs; `down` is one that has ended or was never started. */
export type HostState = "running" | "paused" | "down";

/** What a host asks of the simulation it belongs to. */
export interface Engine<Timer, Event> {
  /** Virtual milliseconds. */
  readonly now: number;
  /** From now on the host receives what is sent to its address. */
  listen(host: SimHost<Timer, Event>): void;
  /** Schedules an event, behind those already scheduled for the same time. */
  schedule(at: number, event: SimEvent<Timer>): void;
  /** A machine sends a datagram; see `World.send`. */
  send(from: SimHost<Timer, Event>, to: Address, packet: Packet): void;
  /** A machine starts an exchange; see `World.request`. */
  request(from: SimHost<Timer, Event>, to: Address, exchange: Exchange, id: number): void;
  /** A machine tells the layer above something. */
  emitted(host: SimHost<Timer, Event>, event: Event): void;
}

/** How many datagrams wait for a paused host: about as many small ones as Linux's default receive buffer holds. */
const RECEIVE_BUFFER = 256;
/** How many streams wait for a paused host: the usual backlog of a listening socket. */
const BACKLOG = 128;

/** After a block, messages come so much later than timers, milliseconds, so that expired probes have failed by then. */
const UNBLOCK_MS = 1;

/** A host of the simulation. Like real machines, hosts have clocks with different origins. */
export class SimHost<Timer, Event> implements World<Packet, Exchange, Timer, Event> {
  /** Counts hosts from 0. The network identifies hosts by it. */
  readonly index: number;
  /** How messages are encoded; `undefined` passes them by reference. */
  wire: WireOptions | undefined;
  /** Delay of every timer, packet and stream of this host, milliseconds, as on an overloaded machine. */
  lagMs = 0;
  readonly #engine: Engine<Timer, Event>;
  /** Where its random numbers come from. */
  readonly generator: Random;
  #originMs: number;
  #state: HostState = "down";
  #generation = 0;
  #slot = -1;
  #address: Address | undefined;
  #machine: SimMachine<Timer> | undefined;
  /** Tells which timers of a blocked process fire. */
  #firesWhileBlocked: ((timer: Timer) => boolean) | undefined;
  /** What a blocked process has sent. */
  #unsent: (() => void)[] = [];
  #held: SimEvent<Timer>[] = [];
  #heldPackets = 0;
  #heldStreams = 0;

  constructor(index: number, engine: Engine<Timer, Event>, random: Random) {
    this.index = index;
    this.#engine = engine;
    this.generator = random;
    this.#originMs = random.below(1e6);
  }

  /** Whether its process runs. */
  get state(): HostState {
    return this.#state;
  }

  /** Whether an event has to wait. */
  holds(event: SimEvent<Timer>): boolean {
    if (this.#state === "paused") return true;
    const fires = this.#firesWhileBlocked;
    return fires !== undefined && (event.type !== "timer" || !fires(event.timer));
  }

  /** Counts the starts of the process, from 1. */
  get generation(): number {
    return this.#generation;
  }

  /** The slot of its address (see `slotOf`); the last one while it is down, -1 before the first start. */
  get slot(): number {
    return this.#slot;
  }

  /** Where it listens, or last listened. Throws an `Error` before the first start. */
  get address(): Address {
    if (this.#address === undefined) throw new Error(`Host ${this.index} was never started`);
    return this.#address;
  }

  /** Starts a process that listens at an address; `build` makes its machine. */
  start(address: Address, build: (world: this) => SimMachine<Timer>): void {
    if (this.#state !== "down") throw new Error(`Host ${this.index} is ${this.#state} already`);
    this.#generation++;
    this.#address = address;
    this.#slot = slotOf(address);
    this.#state = "running";
    this.#engine.listen(this);
    this.#machine = build(this);
    this.#machine.start();
  }

  /** Ends the process without a leave. Its pending timers and answers are discarded. */
  kill(): void {
    this.#state = "down";
    this.#machine = undefined;
    this.#firesWhileBlocked = undefined;
    this.#unsent = [];
    this.#dropHeld();
  }

  /** Stops the process, as SIGSTOP does: timers fire late, packets and streams wait in bounded buffers. */
  pause(): void {
    if (this.#state !== "running") throw new Error(`Host ${this.index} is ${this.#state}`);
    this.#state = "paused";
  }

  /** Lets a paused process continue. As in an event loop, overdue timers come before the packets. */
  resume(): void {
    if (this.#state !== "paused") throw new Error(`Host ${this.index} is ${this.#state}`);
    this.#state = "running";
    this.#release(0);
  }

  /** All waits, what the process sends too, but those timers that a function returns `true` for. */
  block(fires: (timer: Timer) => boolean): void {
    this.#firesWhileBlocked = fires;
  }

  /** What waits goes on: first the timers, and after what they lead to, the messages. */
  unblock(): void {
    this.#firesWhileBlocked = undefined;
    const unsent = this.#unsent;
    this.#unsent = [];
    this.#release(UNBLOCK_MS);
    for (const send of unsent) send();
  }

  /** Sets the clock forward, as happens to a virtual machine that was suspended. Timers fire when they would have. */
  stepClock(ms: number): void {
    this.#originMs += ms;
  }

  /** Keeps an event until the host resumes; returns `false` if the buffer is full. */
  hold(event: SimEvent<Timer>): boolean {
    if (event.type === "packet" && this.#heldPackets++ >= RECEIVE_BUFFER) return false;
    if (event.type === "dial" && this.#heldStreams++ >= BACKLOG) return false;
    this.#held.push(event);
    return true;
  }

  /** The machine of the process. Throws an `Error` while the host is down. */
  get machine(): SimMachine<Timer> {
    if (this.#machine === undefined) throw new Error(`Host ${this.index} is down`);
    return this.#machine;
  }

  get now(): number {
    return this.#engine.now + this.#originMs;
  }

  random(): number {
    return this.generator.next();
  }

  send(to: Address, packet: Packet): void {
    if (this.#firesWhileBlocked === undefined) return this.#engine.send(this, to, packet);
    this.#unsent.push(() => this.#engine.send(this, to, packet));
  }

  request(to: Address, exchange: Exchange, id: number): void {
    if (this.#firesWhileBlocked === undefined) return this.#engine.request(this, to, exchange, id);
    this.#unsent.push(() => this.#engine.request(this, to, exchange, id));
  }

  after(ms: number, timer: Timer): void {
    const at = this.#engine.now + (ms > 0 ? ms : 0) + this.lagMs;
    this.#engine.schedule(at, {
      type: "timer",
      host: this.index,
      generation: this.#generation,
      timer,
    });
  }

  emit(event: Event): void {
    this.#engine.emitted(this, event);
  }

  /** Processes what was held: timers at once, and messages after so many milliseconds. */
  #release(ms: number): void {
    const now = this.#engine.now;
    const held = this.#held;
    this.#dropHeld();
    for (const event of held) if (event.type === "timer") this.#engine.schedule(now, event);
    for (const event of held) if (event.type !== "timer") this.#engine.schedule(now + ms, event);
  }

  #dropHeld(): void {
    this.#held = [];
    this.#heldPackets = 0;
    this.#heldStreams = 0;
  }
}
