/**
 * Members, as everybody sees them who uses this library: by its own instance or over RPC.
 *
 * @module
 */

import type { Address } from "../base/address.ts";

/** Serf's view of a member. */
export type MemberStatus = "none" | "alive" | "leaving" | "left" | "failed";

/** A member of the cluster as one node sees it. Immutable: a change makes a new object. */
export interface Member {
  /**
   * Unique in the cluster. Like all text of the cluster it may hold bytes that are not UTF-8, each of which stands here as
   * one of the characters U+DC80 to U+DCFF.
   */
  readonly name: string;
  /** Where it listens, as it announces itself. */
  readonly address: Address;
  /** What it says of itself. */
  readonly tags: Readonly<Record<string, string>>;
  /** What we believe of it. */
  readonly status: MemberStatus;
  /** Membership protocol versions. */
  readonly protocolMin: number;
  /** The newest it understands. */
  readonly protocolMax: number;
  /** The one it speaks. */
  readonly protocolCur: number;
  /** Serf protocol versions. */
  readonly delegateMin: number;
  /** The newest it understands. */
  readonly delegateMax: number;
  /** The one it speaks. */
  readonly delegateCur: number;
}

/** Which members to list. Each is an RE2 expression `P` that is taken as `^P$`, so that `a|b` means `^a` or `b$`. */
export interface MemberFilter {
  /** Of the member's name. */
  readonly name?: string;
  /** Of the status, for instance `alive|leaving`. */
  readonly status?: string;
  /** By tag name; a missing tag is matched by its empty value. */
  readonly tags?: Readonly<Record<string, string>>;
}
