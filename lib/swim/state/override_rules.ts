/**
 * Which message about a node overrides what is known of it (SWIM, section 4.2). These functions decide as memberlist's
 * `aliveNode`, `suspectNode` and `deadNode` do, and change nothing; {@link Membership} acts on what they decide.
 *
 * @module
 */

import { equalBytes } from "../../base/bytes.ts";
import type { Claim, Dead, Suspect, Versions } from "../../wire/messages/messages.ts";
import { isUp } from "./claims.ts";

/** What to do with an alive message. */
export type AliveAction =
  /** Nothing: it says nothing new. */
  | "ignore"
  /** Log it: its protocol versions make no sense. */
  | "malformed"
  /** Report that another node, at another address, has the name. */
  | "conflict"
  /** Announce ourselves with a higher incarnation, since it says something false about us. */
  | "refute"
  /** Replace what is known, and gossip it. */
  | "accept";

/** What to do with a suspect message; `confirm` counts it towards a running suspicion. */
export type SuspectAction = "ignore" | "confirm" | "refute" | "accept";

/** What to do with a dead message. */
export type DeadAction = "ignore" | "refute" | "accept";

/** How a message concerns the node that decides. */
export interface DecideOptions {
  /** The message is about us. */
  readonly self: boolean;
  /** We have begun to leave. */
  readonly leaving?: boolean;
  /** The message was made by us: memberlist's `bootstrap`. */
  readonly own?: boolean;
}

/**
 * Decides what to do with an alive message. A higher incarnation overrides a lower one, and only a node itself raises its
 * incarnation. A name stays with its address until its node has left. For an unknown node, `known` must be a dead node with
 * incarnation 0.
 */
export function decideAlive(
  known: Claim,
  claim: Claim,
  { self, leaving = false, own = false }: DecideOptions,
): AliveAction {
  if (self && leaving) return "ignore";
  if (claim.versions !== null && !isSane(claim.versions)) return "malformed";
  if (!known.address.equals(claim.address)) return known.state === "left" ? "accept" : "conflict";
  if (!self) return claim.incarnation > known.incarnation ? "accept" : "ignore";
  if (claim.incarnation < known.incarnation) return "ignore";
  if (own) return "accept";
  return claim.incarnation === known.incarnation && isSameAnnouncement(claim, known)
    ? "ignore"
    : "refute";
}

/** Decides what to do with a suspect message. It overrides a node that is alive with the same or a lower incarnation. */
export function decideSuspect(
  known: Claim,
  { incarnation }: Suspect,
  { self }: DecideOptions,
): SuspectAction {
  if (incarnation < known.incarnation || !isUp(known)) return "ignore";
  if (known.state === "suspect") return "confirm";
  return self ? "refute" : "accept";
}

/** Decides what to do with a dead message. It overrides a node that is alive or suspect with the same or a lower incarnation. */
export function decideDead(
  known: Claim,
  { incarnation }: Dead,
  { self, leaving = false }: DecideOptions,
): DeadAction {
  if (incarnation < known.incarnation || !isUp(known)) return "ignore";
  return self && !leaving ? "refute" : "accept";
}

function isSane({ protocolMin, protocolMax }: Versions): boolean {
  return protocolMin > 0 && protocolMax > 0 && protocolMin <= protocolMax;
}

function isSameAnnouncement(a: Claim, b: Claim): boolean {
  return equalBytes(a.meta, b.meta) && sameVersions(a.versions, b.versions);
}

function sameVersions(a: Versions | null, b: Versions | null): boolean {
  return a === b || (a !== null && b !== null &&
    a.protocolMin === b.protocolMin && a.protocolMax === b.protocolMax &&
    a.protocolCur === b.protocolCur && a.delegateMin === b.delegateMin &&
    a.delegateMax === b.delegateMax && a.delegateCur === b.delegateCur);
}
