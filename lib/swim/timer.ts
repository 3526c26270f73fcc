/**
 * The timers of the membership machine, and the world it lives in.
 *
 * @module
 */

import type { World } from "../base/world.ts";
import type { Exchange, Packet } from "../wire/messages/messages.ts";
import type { SwimEvent } from "./delegate.ts";

/**
 * Everything the machine asks to be woken for. A timer that has become pointless is recognised by what it carries.
 * `due` is when it was to be handled: much later than that means that we stood still meanwhile.
 */
export type SwimTimer =
  /** Probe the next member. */
  | { readonly type: "probe-tick"; readonly due: number }
  /** The direct ping has no answer yet, which is unusual. */
  | { readonly type: "probe-fallback"; readonly sequence: number; readonly due: number }
  /** The direct ping had its time. */
  | { readonly type: "probe-timeout"; readonly sequence: number; readonly due: number }
  /** The whole probe had its time. */
  | { readonly type: "probe-end"; readonly sequence: number; readonly due: number }
  /** The ping we sent for somebody else has no answer yet, which is unusual. */
  | { readonly type: "indirect-fallback"; readonly sequence: number; readonly due: number }
  /** The ping we sent for somebody else had its time. */
  | { readonly type: "indirect-timeout"; readonly sequence: number; readonly due: number }
  /** A suspicion had its time; it may have been shortened since. */
  | {
    readonly type: "suspicion-timeout";
    readonly node: string;
    readonly token: number;
    readonly due: number;
  }
  /** Tell a suspect directly what it is accused of, as long as it is. */
  | { readonly type: "notify-suspect"; readonly node: string; readonly token: number }
  /** Send gossip. */
  | { readonly type: "gossip"; readonly token: number }
  /** Exchange state with a random member, or only begin to count the time until then. */
  | { readonly type: "push-pull"; readonly exchange: boolean }
  /** Exchange state once more after a join. */
  | { readonly type: "catch-up"; readonly token: number }
  /** The operation of the layer above is over, unless it has ended before. */
  | { readonly type: "operation-end"; readonly id: number; readonly error?: string };

/** What the machine can do to the outside. */
export type SwimWorld = World<Packet, Exchange, SwimTimer, SwimEvent>;
