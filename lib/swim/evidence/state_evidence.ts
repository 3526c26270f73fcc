/**
 * The evidence that messages about the states of nodes are: how a node became suspect, failed, left, or was believed again.
 *
 * @module
 */

import type { Origin } from "../../api/why/evidence.ts";
import { Address } from "../../base/address.ts";
import type { Claim, Dead, Suspect } from "../../wire/messages/messages.ts";
import type { SuspicionRange } from "../formulas.ts";
import type { SuspicionInfo } from "../state/suspicion.ts";
import type { EvidenceStore } from "./evidence_store.ts";

/**
 * How a message about a node came to us: the sender of a datagram, the other side of a state exchange, or nothing if it was
 * made by us. It is made an {@link Origin} only where it becomes evidence, because most messages do not.
 */
export type Via = Address | Origin | undefined;

const OWN: Origin = { how: "own", from: "" };

/** Records the messages that have changed the state of a node. */
export class StateEvidence {
  readonly #store: EvidenceStore;

  constructor(store: EvidenceStore) {
    this.#store = store;
  }

  /**
   * A node is alive again, or has refuted; `known` is what was known of it. News of a node that is alive is routine, and so is
   * a new node, unless it was in trouble before it was forgotten.
   */
  alive(known: Claim | undefined, { node, incarnation }: Claim, via: Via): void {
    const was = known?.state ?? (this.#store.log(node)?.entries.length ? "dead" : "alive");
    if (was === "alive") return;
    this.#store.record(node, { type: "alive", was, origin: originOf(via), incarnation });
  }

  /** A suspicion has begun. */
  suspected({ node, from: by, incarnation }: Suspect, range: SuspicionRange, via: Via): void {
    const { expected, minMs, maxMs } = range;
    const origin = originOf(via);
    const times = { expected, minMs, maxMs };
    this.#store.record(node, { type: "suspected", by, origin, incarnation, ...times });
  }

  /** Another member suspects a suspect, too. */
  confirmed({ node, from: by }: Suspect, { suspectedBy, leftMs }: SuspicionInfo, via: Via): void {
    const confirmations = suspectedBy.length - 1;
    const origin = originOf(via);
    this.#store.record(node, { type: "confirmed", by, origin, confirmations, leftMs });
  }

  /** A node has failed, or has left. */
  dead(
    { node, from: by, incarnation }: Dead,
    suspicion: SuspicionInfo | undefined,
    via: Via,
  ): void {
    const origin = originOf(via);
    if (by === node) {
      this.#store.record(node, { type: "left", origin, incarnation });
      return;
    }
    const { ageMs: suspectedMs = 0, suspectedBy = [] } = suspicion ?? {};
    this.#store.record(node, {
      type: "failed",
      by,
      origin,
      incarnation,
      suspectedMs,
      confirmedBy: suspectedBy.slice(1),
    });
  }

  /** Somebody says of us what is not true. */
  accused({ type: of, node, from: by, incarnation }: Suspect | Dead, via: Via): void {
    this.#store.record(node, { type: "accused", of, by, origin: originOf(via), incarnation });
  }

  /** Another node claims a name. */
  conflict({ node, address: { text: address } }: Claim, via: Via): void {
    this.#store.record(node, { type: "conflict", address, origin: originOf(via) });
  }
}

function originOf(via: Via): Origin {
  if (via === undefined) return OWN;
  return via instanceof Address ? { how: "gossip", from: via.text } : via;
}
