/**
 * What the handlers ask of claims, and how they derive new ones.
 *
 * @module
 */

import { Interner } from "../../base/memory_economy.ts";
import { MAX_META, MAX_NAME } from "../../wire/messages/claim_codec.ts";
import type { Claim, NodeState } from "../../wire/messages/messages.ts";

const derived = new Interner<Claim, Claim>((a, b) =>
  a.state === b.state && a.incarnation === b.incarnation
);

/** Whether a node is alive or suspect; the others are dead or have left. */
export function isUp(claim: Claim): boolean {
  return claim.state === "alive" || claim.state === "suspect";
}

/** Whether a node has a longer name or more meta than we are ready to remember. */
export function isOversized({ node, meta }: Claim): boolean {
  return node.length > MAX_NAME || (meta !== null && meta.length > MAX_META);
}

/** A claim with another state and incarnation; one object for all nodes that derive the same. */
export function withState(claim: Claim, state: NodeState, incarnation: number): Claim {
  return derived.intern(claim, { ...claim, state, incarnation });
}
