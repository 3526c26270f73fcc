/**
 * The timers of the membership machine, and the world that it acts on.
 *
 * @module
 */

import type { World } from "../base/world.ts";
import type { Exchange, Packet } from "../wire/messages/messages.ts";
import type { SwimEvent } from "./delegate.ts";

/**
 * A timer of the membership machine. Timers are never cancelled: one that is no longer needed is recognised by its
 * sequence number or token. `due` is the time for which it was set; when it fires much later, the process stood still.
 */
export type SwimTimer =
  /** Probe the next member. */
  | { readonly type: "probe-tick"; readonly due: number }
  /** The ack of our ping is later than usual: an eager probe tries a stream too. */
  | { readonly type: "probe-fallback"; readonly sequence: number; readonly due: number }
  /** The time for the ack of our ping is over: ask other members, and try a stream. */
  | { readonly type: "probe-timeout"; readonly sequence: number; readonly due: number }
  /** The time of the whole probe is over. */
  | { readonly type: "probe-end"; readonly sequence: number; readonly due: number }
  /** The ack of a ping that we sent for another member is later than usual. */
  | { readonly type: "indirect-fallback"; readonly sequence: number; readonly due: number }
  /** The time for the ack of a ping that we sent for another member is over. */
  | { readonly type: "indirect-timeout"; readonly sequence: number; readonly due: number }
  /** The time of a suspicion is over, unless it was changed since. */
  | {
    readonly type: "suspicion-timeout";
    readonly node: string;
    readonly token: number;
    readonly due: number;
  }
  /** Tell a suspect directly that it is suspected, so that it can refute. */
  | { readonly type: "notify-suspect"; readonly node: string; readonly token: number }
  /** Send gossip. */
  | { readonly type: "gossip"; readonly token: number }
  /** Exchange state with a random member; without `exchange`, only start the interval. */
  | { readonly type: "push-pull"; readonly exchange: boolean }
  /** Exchange state once more after a join. */
  | {
    readonly type: "catch-up";
    readonly token: number;
    readonly isLone: boolean;
    readonly isLast: boolean;
  }
  /** Go on merging a state that is too large to be merged at once. */
  | { readonly type: "merge" }
  /** End an operation of the layer above, unless it has ended already. */
  | { readonly type: "operation-end"; readonly id: number; readonly error?: string };

/** What the machine can do to the outside. */
export type SwimWorld = World<Packet, Exchange, SwimTimer, SwimEvent>;
