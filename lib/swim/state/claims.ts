/**
 * What the handlers ask of claims, and how they derive new ones.
 *
 * @module
 */

import type { Claim, NodeState } from "../../wire/messages/messages.ts";

const successors = new WeakMap<Claim, Map<NodeState, Claim>>();

/** Whether a node is alive or suspect; the others are dead or have left. */
export function isUp(claim: Claim): boolean {
  return claim.state === "alive" || claim.state === "suspect";
}

/**
 * A claim with another state and incarnation. All nodes of a simulation that derive the same claim share one object, so that
 * the death of a node costs one object instead of one for every node that learns of it.
 */
export function withState(claim: Claim, state: NodeState, incarnation: number): Claim {
  let known = successors.get(claim);
  if (known === undefined) successors.set(claim, known = new Map());
  let successor = known.get(state);
  if (successor?.incarnation !== incarnation) {
    successor = { ...claim, state, incarnation };
    known.set(state, successor);
  }
  return successor;
}
