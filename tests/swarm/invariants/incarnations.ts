import type { SimNode } from "../../../lib/sim/mod.ts";
import type { Claim } from "../../../lib/wire/messages/messages.ts";
import type { Invariant, Report } from "./invariants.ts";

/** The views of only so many nodes are checked, at every step; the others run the same code. */
const WATCHED = 3;

/** What a node says of another one, and since when by its own clock. */
interface Seen {
  readonly claim: Claim;
  readonly sinceMs: number;
}

/**
 * In the membership layer's view of a node, incarnations do not fall, and a dead node comes back only with a higher one.
 * Exceptions are nodes that were forgotten in between, and the name of a node that has left, which is free for another address.
 */
export class Incarnations implements Invariant {
  readonly #report: Report;
  readonly #views = new Map<SimNode, Map<string, Seen>>();

  constructor(report: Report) {
    this.#report = report;
  }

  started(node: SimNode): void {
    if (node.index < WATCHED) this.#views.set(node, new Map());
  }

  handled(node: SimNode): void {
    const view = this.#views.get(node);
    if (view === undefined || node.state !== "running") return;
    let seen = 0;
    for (const claim of node.claims()) {
      seen++;
      const before = view.get(claim.node);
      if (before?.claim === claim) continue;
      if (before !== undefined) this.#compare(node, before, claim);
      const isSameState = before?.claim.state === claim.state;
      view.set(claim.node, { claim, sinceMs: isSameState ? before.sinceMs : node.clockMs });
    }
    if (seen < view.size) this.#forget(node, view);
  }

  #compare(node: SimNode, { claim: before, sinceMs }: Seen, claim: Claim): void {
    const isTakenOver = before.state === "left" && !before.address.equals(claim.address);
    if (isTakenOver) return;
    const wasGone = before.state === "dead" || before.state === "left";
    // A packet may have an ack that makes a node forget it, and an alive message by which it learns of it again.
    if (wasGone && node.clockMs - sinceMs > node.profile.gossipToTheDeadMs) return;
    const isBack = wasGone && (claim.state === "alive" || claim.state === "suspect");
    if (
      claim.incarnation < before.incarnation || (isBack && claim.incarnation === before.incarnation)
    ) {
      this.#report(
        `${node.name}: ${claim.node} was ${before.state} at incarnation ${before.incarnation}, ` +
          `and is ${claim.state} at ${claim.incarnation}`,
      );
    }
  }

  #forget(node: SimNode, view: Map<string, Seen>): void {
    const known = new Set([...node.claims()].map((claim) => claim.node));
    for (const name of view.keys()) if (!known.has(name)) view.delete(name);
  }
}
