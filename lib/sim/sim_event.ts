/**
 * Everything that can be due in a simulation. Events are data, like the timers of the machines, and hold indices
 * instead of closures.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { Packet, Reply, StreamMessage } from "../wire/messages/messages.ts";

/** Something that travels: the object itself, or its encoding when the simulation runs over bytes. */
export type Cargo<T> = T | Uint8Array;

/** A stream exchange on its way. */
export interface SimExchange {
  /** Index and life of the host that dialled. */
  readonly client: number;
  readonly life: number;
  /** The id under which the client's machine knows it. */
  readonly id: number;
  /** The place that was dialled, see `placeOf`. */
  readonly place: number;
  readonly to: Address;
  readonly message: Cargo<StreamMessage>;
  /** Whether the client still waits; whatever comes first ends the exchange. */
  open: boolean;
}

/** An event of the simulation. */
export type SimEvent<Timer> =
  /** A timer of a machine. A host that was restarted since has another life, and ignores it. */
  | {
    readonly type: "timer";
    readonly host: number;
    readonly life: number;
    readonly timer: Timer;
  }
  /** A datagram arrives at a place. */
  | {
    readonly type: "packet";
    readonly place: number;
    readonly from: Address;
    readonly cargo: Cargo<Packet>;
  }
  /** A stream with its first message arrives at the place that was dialled. */
  | { readonly type: "dial"; readonly from: Address; readonly exchange: SimExchange }
  /** The answer or a failure arrives at the client, or its deadline has come. */
  | {
    readonly type: "reply";
    readonly exchange: SimExchange;
    readonly reply: Reply | Uint8Array | "timeout";
  }
  /** Something the author of the simulation wants to happen. */
  | { readonly type: "script"; readonly run: () => void };
