/**
 * Claims that follow from claims.
 *
 * @module
 */

import type { Claim, NodeState } from "../../wire/messages/messages.ts";

const successors = new WeakMap<Claim, Map<NodeState, Claim>>();

/** Whether a node takes part: it is alive, or may yet prove to be. */
export function isUp(claim: Claim): boolean {
  return claim.state === "alive" || claim.state === "suspect";
}

/**
 * The claim as it reads after an accusation. All who come to the same conclusion from the same claim share the result,
 * so that the death of a node costs a large simulation one object and not one for every observer.
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
