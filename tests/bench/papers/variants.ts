/**
 * The failure detectors that the papers compare, as switches of the one that ships.
 *
 * @module
 */

import type { Profile } from "../../../lib/sim/mod.ts";

/** Changes to the profile `lan`. */
export type Variant = Partial<Profile>;

/** What we add to memberlist. */
const additions = ["eagerGossip", "eagerProbes", "stallAware", "directRefutation"] as const;

function all(isOn: boolean): Variant {
  return Object.fromEntries(additions.map((name) => [name, isOn]));
}

/** SWIM as the Lifeguard paper measures it: its suspicion timeout is constant, which is alpha 5 and beta 1. */
export const swim: Variant = {
  ...all(false),
  suspicionMult: 5,
  suspicionMaxTimeoutMult: 1,
  awarenessMaxMultiplier: 1,
  buddySystem: false,
};

const lhaProbe: Variant = { awarenessMaxMultiplier: 8 };
const lhaSuspicion: Variant = { suspicionMaxTimeoutMult: 6 };
const buddySystem: Variant = { buddySystem: true };

/** With all components of Lifeguard; alpha is 5 and beta is 6. */
export const lifeguard: Variant = { ...swim, ...lhaProbe, ...lhaSuspicion, ...buddySystem };

/** Lifeguard with what we add to it. */
export const ours: Variant = { ...lifeguard, ...all(true) };

/** The configurations of the Lifeguard paper's Table I, and ours. */
export const variants = {
  "SWIM": swim,
  "LHA-Probe": { ...swim, ...lhaProbe },
  "LHA-Suspicion": { ...swim, ...lhaSuspicion },
  "Buddy System": { ...swim, ...buddySystem },
  "Lifeguard": lifeguard,
  "ours": ours,
} as const satisfies Record<string, Variant>;

/** The name of one of them. */
export type VariantName = keyof typeof variants;
