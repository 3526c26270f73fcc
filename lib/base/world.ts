/**
 * The boundary between the protocol core and its host (the "sans-I/O" pattern).
 *
 * The protocol state machines in `swim/` and `serf/` are synchronous and have no clock, randomness or I/O of their own.
 * A host passes them datagrams, stream messages and timers, and they act only through a {@link World}. There are two
 * hosts: the driver (sockets, real time) and the simulator (virtual time, virtual network).
 *
 * @module
 */

import type { Address } from "./address.ts";
import type { LogLevel } from "./log.ts";

/** Everything that a protocol machine can do outside itself. All calls are synchronous. */
export interface World<Datagram, Exchange, Timer, Event> {
  /** Monotonic milliseconds; the origin has no meaning. May have a fraction. */
  readonly now: number;

  /** A uniform random number in [0, 1). */
  random(): number;

  /** Sends one datagram, best effort. */
  send(to: Address, datagram: Datagram): void;

  /**
   * Starts one stream exchange: dial, write, read the answer. Its outcome comes back as `reply(id, …)`, exactly once
   * and never before this call has returned.
   */
  request(to: Address, exchange: Exchange, id: number): void;

  /**
   * Asks for `handle(timer)` after `ms` milliseconds (0 means: as soon as the current call has returned). Timers are
   * data and are never cancelled: the machine recognizes a stale one by its content and ignores it.
   */
  after(ms: number, timer: Timer): void;

  /** Tells the layer above that something happened. */
  emit(event: Event): void;
}

/** A protocol machine, as its host sees it. All calls are synchronous, and no input from the network makes them throw. */
export interface Machine<Datagram, Stream, Reply, Timer> {
  /** Called once, before anything else. */
  start(): void;
  /** A datagram arrived. */
  receive(from: Address, datagram: Datagram): void;
  /** A message arrived on a stream that a peer opened; returns the answer, or `null` to close without one. */
  accept(from: Address, message: Stream): Stream | null;
  /** The stream exchange that was requested with this id has ended. */
  reply(id: number, reply: Reply): void;
  /** A timer is due. */
  handle(timer: Timer): void;
  /** Whether a timer would be ignored now and for ever, so that a host need not wake up for it. */
  isStale?(timer: Timer): boolean;
}

/** A line for the agent's log. `text` starts with its source, as in `memberlist: Suspect x has failed`. */
export interface LogEvent {
  readonly type: "log";
  readonly level: LogLevel;
  readonly text: string;
}
