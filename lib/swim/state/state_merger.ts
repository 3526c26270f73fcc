/**
 * Merging the state of another node (memberlist's `mergeState`), and then the part of the layer above. A state is large when
 * the cluster is, or when somebody made it up: then it is merged in slices, between which other things are done.
 *
 * @module
 */

import type { Claim, PushPull } from "../../wire/messages/messages.ts";
import type { SwimContext } from "../context.ts";
import type { Via } from "../evidence/state_evidence.ts";
import type { Membership } from "./membership.ts";
import { isUp } from "./claims.ts";
import { verifyProtocol } from "./verify_protocol.ts";

/** What it costs to merge a claim that says something new, or a step of the layer above; a claim that we know costs 1. */
const NEWS_COST = 16;

/**
 * What may be merged at once: 256 new nodes and what the layer above says of them, which takes 5 to 15 ms. Clusters of this
 * size never see a slice.
 */
const WHOLE_COST = 320 * NEWS_COST;

/** What is merged at a time otherwise: 192 new nodes, which take 2 to 5 ms. To wake up for a slice takes half a millisecond. */
const SLICE_COST = 192 * NEWS_COST;

/** Between two slices, milliseconds. It must not be 0: what arrives is read only while no timer is due. */
const SLICE_PAUSE_MS = 1;

/** How many states may wait to be merged, beside the one that is. Each may take 40 MiB. */
const MAX_WAITING = 3;

/**
 * How many new nodes a state exchange may bring if it is no join of ours: this number, or so many times as many as are known.
 * A healed partition needs a few exchanges to grow beyond that; a made-up state does not drown the nodes that are there.
 */
const MAX_NEWS = 1_024;
const MAX_GROWTH = 4;

/**
 * So many new nodes of a state are gossiped on in any case. 60 nodes that start within 5 ms know each other after
 * 20 ms, in the median of 20 simulated runs; without gossip about what a joining node was told it takes 320 ms.
 */
const FEW_NEWS = 128;

/**
 * How many new nodes are gossiped on for each of ours that the other side lacks. Somebody else may have joined us while we
 * joined thousands: it learns of them in its own exchanges, which take less than telling all of all.
 */
const NEWS_PER_LACKED = 256;

/** How a state came to us. */
export interface MergeOptions {
  /** Whether one of us joins the other. */
  readonly join: boolean;
  /** Whether we have chosen to join the other node, which may then tell of any number of nodes. */
  readonly trusted: boolean;
  /** The other side. */
  readonly via: Via;
  /** Whether the other side waits for our answer, which goes first. */
  readonly isAwaited: boolean;
}

/** A state that is being merged. */
interface Merge {
  readonly state: PushPull;
  readonly options: MergeOptions;
  readonly settle: (problem?: string) => void;
  /** The place of the claim that comes next. */
  next: number;
  /** Whether nodes that it brings are news to others, too. */
  readonly isNews: boolean;
  /** How many more new nodes it may bring. */
  newsLeft: number;
  /** The merging of the layer above, once the claims are merged. */
  above?: Iterator<undefined>;
}

/** Merges states, one after the other. */
export class StateMerger {
  readonly #context: SwimContext;
  readonly #membership: Membership;
  /** States whose merges have not ended; the first one is being merged. */
  readonly #merges: Merge[] = [];

  constructor(context: SwimContext, membership: Membership) {
    this.#context = context;
    this.#membership = membership;
  }

  /** Merges a state, in one go if it is small; `settle` gets the error, if there is one. */
  merge(state: PushPull, options: MergeOptions, settle: (problem?: string) => void): void {
    const { nodes, world } = this.#context;
    const problem = verifyProtocol(state.nodes, [...nodes.claims()]);
    if (problem !== undefined) return settle(problem);
    if (this.#merges.length > MAX_WAITING) return settle("too many states wait to be merged");
    const newsLeft = options.trusted ? Infinity : Math.max(MAX_NEWS, MAX_GROWTH * nodes.size);
    const isNews = this.#isNews(state);
    this.#merges.push({ state, options, settle, next: 0, isNews, newsLeft });
    if (this.#merges.length > 1) return;
    if (options.isAwaited) world.after(0, { type: "merge" });
    else this.resume();
  }

  /** Merges the next slice. */
  resume(): void {
    const [merge] = this.#merges;
    if (merge === undefined) return;
    const isBegun = merge.next > 0 || merge.above !== undefined;
    // A merge that throws is over, too: those behind it must not wait for good.
    let isOver = true;
    try {
      isOver = this.#advance(merge, isBegun ? SLICE_COST : WHOLE_COST);
    } finally {
      if (isOver) this.#merges.shift();
      if (this.#merges.length > 0) this.#context.world.after(SLICE_PAUSE_MS, { type: "merge" });
    }
    if (isOver) this.#finish(merge);
  }

  /**
   * Whether others are to be told of the nodes that a state brings. If the other side lacks nodes that we know, these lack
   * its own nodes, too: two clusters merge. If it brings few, gossip has missed them. But if it lacks nothing, and brings
   * more than we knew, then we are late, and all others have known them for long.
   */
  #isNews({ nodes: theirs }: PushPull): boolean {
    const { nodes, config: { name } } = this.#context;
    const ours = nodes.aliveCount - 1;
    const most = Math.max(FEW_NEWS, NEWS_PER_LACKED * ours);
    let brought = 0;
    let shared = 0;
    for (const { node, state } of theirs) {
      const known = nodes.get(node);
      if (known !== undefined && node !== name && isUp(known)) shared++;
      // Of an unknown node nothing else is taken.
      else if (known === undefined && state === "alive" && ++brought > most) return false;
    }
    const lacked = ours - shared;
    return brought <= Math.max(FEW_NEWS, ours, NEWS_PER_LACKED * lacked);
  }

  /** Merges until it has cost so much. Returns whether all is merged. */
  #advance(merge: Merge, cost: number): boolean {
    const { nodes, userState } = merge.state;
    let left = cost;
    for (; merge.next < nodes.length; merge.next++) {
      if (left <= 0) return false;
      left -= this.#mergeClaim(merge, nodes[merge.next]);
    }
    if (userState === null) return true;
    merge.above ??= this.#context.delegate.mergeRemoteState(userState, merge.options.join);
    for (; left > 0; left -= NEWS_COST) if (merge.above.next().done) return true;
    return false;
  }

  /** Merges a claim. Returns what it has cost. */
  #mergeClaim(merge: Merge, claim: Claim): number {
    const known = this.#context.nodes.get(claim.node);
    // Only between simulated nodes. A suspicion is confirmed all the same, as it is by a claim that came over the network.
    if (known === claim && claim.state !== "suspect") return 0;
    if (known === undefined && --merge.newsLeft < 0) return 1;
    const quiet = known === undefined && !merge.isNews;
    this.#membership.mergeState(claim, { via: merge.options.via, quiet });
    const isNews = known?.incarnation !== claim.incarnation || known.state !== claim.state;
    return isNews ? NEWS_COST : 1;
  }

  #finish({ settle, newsLeft }: Merge): void {
    if (newsLeft < 0) {
      this.#context.log(
        "WARN",
        `Ignored ${-newsLeft} of the nodes that a push/pull told of, because they are too many`,
      );
    }
    settle();
  }

  /** Whether no state is being merged. */
  get isQuiet(): boolean {
    return this.#merges.length === 0;
  }
}
