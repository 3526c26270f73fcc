/**
 * The boundary of the protocol core.
 *
 * The machines in `swim/` and `serf/` are synchronous and hold no clock, no randomness and no I/O. They are handed
 * datagrams, stream messages and timers, and act on the outside only through a {@link World}. Two hosts implement
 * it: the driver (sockets, real time) and the simulator (virtual time, virtual network).
 *
 * @module
 */

import type { Address } from "./address.ts";
import type { LogLevel } from "./log.ts";

/** All that a protocol machine may do to the outside. Everything is synchronous. */
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
   * data and are never cancelled: a stale one is recognised by what it carries, and ignored.
   */
  after(ms: number, timer: Timer): void;

  /** Tells the layer above that something happened. */
  emit(event: Event): void;
}

/** What a host drives: a protocol machine. Every call is synchronous and never throws for what the network sent. */
export interface Machine<Datagram, Stream, Reply, Timer> {
  /** Called once, before anything else. */
  start(): void;
  /** A datagram arrived. */
  receive(from: Address, datagram: Datagram): void;
  /** A message arrived on a stream that somebody else dialled; returns the answer, or `null` to just close. */
  accept(from: Address, message: Stream): Stream | null;
  /** The exchange that was requested under this id is over. */
  reply(id: number, reply: Reply): void;
  /** A timer that was asked for is due. */
  handle(timer: Timer): void;
}

/** A line for the agent's log. `text` starts with its source, as in `memberlist: Suspect x has failed`. */
export interface LogEvent {
  readonly type: "log";
  readonly level: LogLevel;
  readonly text: string;
}
