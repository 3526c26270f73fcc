/**
 * Everything that can be due in a simulation. Events are data, like the timers of the machines, and hold indices
 * instead of closures.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { Packet, Reply, StreamMessage } from "../wire/messages/messages.ts";

/** A message on its way: the object itself, or its encoding when the simulation runs over bytes. */
export type InFlight<T> = T | Uint8Array;

/** A stream exchange on its way. */
export interface SimExchange {
  /** Index of the host that dialled, and its generation at that time. */
  readonly client: number;
  readonly generation: number;
  /** The id under which the client's machine knows it. */
  readonly id: number;
  /** The address that was dialled, by its slot (see `slotOf`). */
  readonly slot: number;
  readonly to: Address;
  readonly message: InFlight<StreamMessage>;
  /** Whether the connection was made, and is held by a process that stands still. */
  accepted: boolean;
  /** Whether the client still waits. The first reply, failure or timeout closes the exchange. */
  open: boolean;
}

/** An event of the simulation. */
export type SimEvent<Timer> =
  /** A timer of a machine. It is ignored if the host was restarted since, which changes its generation. */
  | {
    readonly type: "timer";
    readonly host: number;
    readonly generation: number;
    readonly timer: Timer;
  }
  /** A datagram arrives at an address. */
  | {
    readonly type: "packet";
    readonly slot: number;
    readonly from: Address;
    readonly data: InFlight<Packet>;
  }
  /** A stream with its first message arrives at the address that was dialled. */
  | { readonly type: "dial"; readonly from: Address; readonly exchange: SimExchange }
  /** An answer or a failure arrives at the client, or the client's deadline has passed. */
  | {
    readonly type: "reply";
    readonly exchange: SimExchange;
    readonly reply: Reply | Uint8Array | "timeout";
  }
  /** A step of the scenario, registered with `Simulation.after`. */
  | { readonly type: "script"; readonly run: () => void };
