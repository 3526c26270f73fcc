/**
 * Which word counts: what to make of a message about a node, given what is known of it. Pure decisions; acting on them
 * is the business of the membership.
 *
 * @module
 */

import { equalBytes } from "../../base/bytes.ts";
import type { Claim, Dead, Suspect, Versions } from "../../wire/messages/messages.ts";
import { isUp } from "./claims.ts";

/** What an alive message amounts to. */
export type AliveAction =
  /** Old news, or none. */
  | "ignore"
  /** Its protocol versions make no sense. */
  | "malformed"
  /** The name is taken, at another address. */
  | "conflict"
  /** It says something of ourselves that is not so: we answer with a higher incarnation. */
  | "refute"
  /** It replaces what is known, and is passed on. */
  | "accept";

/** What a suspect message amounts to. */
export type SuspectAction = "ignore" | "confirm" | "refute" | "accept";

/** What a dead message amounts to. */
export type DeadAction = "ignore" | "refute" | "accept";

/** Our part in a message. */
export interface Involvement {
  /** It is about ourselves. */
  readonly self: boolean;
  /** We have begun to leave: nothing makes us alive again, and our death is no lie. */
  readonly leaving?: boolean;
  /** We say it ourselves. */
  readonly own?: boolean;
}

/**
 * Judges an alive message. A higher incarnation wins; only a node itself raises its incarnation. A name is bound to its
 * address until its bearer has left. Of an unknown node, `known` is to say that it is dead at incarnation 0.
 */
export function decideAlive(
  known: Claim,
  claim: Claim,
  { self, leaving = false, own = false }: Involvement,
): AliveAction {
  if (self && leaving) return "ignore";
  if (claim.versions !== null && !isSane(claim.versions)) return "malformed";
  if (!known.address.equals(claim.address)) return known.state === "left" ? "accept" : "conflict";
  if (!self) return claim.incarnation > known.incarnation ? "accept" : "ignore";
  if (claim.incarnation < known.incarnation) return "ignore";
  if (own) return "accept";
  return claim.incarnation === known.incarnation && saysTheSame(claim, known) ? "ignore" : "refute";
}

/** Judges a suspect message: it counts from the known incarnation up, and against the living only. */
export function decideSuspect(
  known: Claim,
  { incarnation }: Suspect,
  { self }: Involvement,
): SuspectAction {
  if (incarnation < known.incarnation || !isUp(known)) return "ignore";
  if (known.state === "suspect") return "confirm";
  return self ? "refute" : "accept";
}

/** Judges a dead message: it counts from the known incarnation up, and against the living only. */
export function decideDead(
  known: Claim,
  { incarnation }: Dead,
  { self, leaving = false }: Involvement,
): DeadAction {
  if (incarnation < known.incarnation || !isUp(known)) return "ignore";
  return self && !leaving ? "refute" : "accept";
}

function isSane({ protocolMin, protocolMax }: Versions): boolean {
  return protocolMin > 0 && protocolMax > 0 && protocolMin <= protocolMax;
}

function saysTheSame(a: Claim, b: Claim): boolean {
  return equalBytes(a.meta, b.meta) && sameVersions(a.versions, b.versions);
}

function sameVersions(a: Versions | null, b: Versions | null): boolean {
  return a === b || (a !== null && b !== null &&
    a.protocolMin === b.protocolMin && a.protocolMax === b.protocolMax &&
    a.protocolCur === b.protocolCur && a.delegateMin === b.delegateMin &&
    a.delegateMax === b.delegateMax && a.delegateCur === b.delegateCur);
}
