/**
 * Who lists whom as failed, whether that is true, and how long it took to be found out.
 *
 * @module
 */

import type { MemberEvent } from "../../api/event.ts";
import type { SimNode } from "../sim_node.ts";
import { Distribution } from "./distribution.ts";

/** What {@link FailureViews} needs to know of the cluster. */
export interface ViewedCluster {
  /** Virtual milliseconds. */
  now(): number;
  /** Whether two nodes reach each other, and have done so for a while. */
  connected(a: SimNode, b: SimNode): boolean;
  /** Whether the scenario slows or stops a node. */
  isImpaired(index: number): boolean;
}

/** A node that was killed, and the nodes that do not know it yet. */
interface Kill {
  readonly atMs: number;
  readonly waiting: Set<number>;
  unseen: boolean;
}

/** How often running nodes that could be reached were reported as failed. */
export interface FalseFailures {
  /** Nodes that somebody listed as failed, from the first who did until the last. */
  incidents: number;
  /** Nodes that listed them, of all incidents. */
  reports: number;
}

/** The views of all nodes, kept up to date from their member events, which must not be coalesced. */
export class FailureViews {
  /** From a kill until the first node knew. */
  readonly first: Distribution = new Distribution();
  /** From a kill until a node knew, for each node that nothing happened to. */
  readonly each: Distribution = new Distribution();
  /** From a kill until all such nodes knew. */
  readonly all: Distribution = new Distribution();
  readonly falseFailures: Readonly<Record<"healthy" | "impaired", FalseFailures>> = {
    healthy: { incidents: 0, reports: 0 },
    impaired: { incidents: 0, reports: 0 },
  };
  readonly #nodes: readonly SimNode[];
  readonly #cluster: ViewedCluster;
  readonly #indexes: ReadonlyMap<string, number>;
  /** By node: those that list it as failed. */
  readonly #listedBy: readonly Set<number>[];
  /** The nodes whose running incident is a false one. */
  readonly #wronged = new Set<number>();
  readonly #kills = new Map<number, Kill>();
  /** Those whose node runs again. */
  readonly #over: Kill[] = [];

  constructor(nodes: readonly SimNode[], cluster: ViewedCluster) {
    this.#nodes = nodes;
    this.#cluster = cluster;
    this.#indexes = new Map(nodes.map(({ name }, index) => [name, index]));
    this.#listedBy = nodes.map(() => new Set());
  }

  /** Counts what was not noticed until now, or until the node was back, as missed. */
  countMissed(): void {
    const kills = [...this.#over, ...this.#kills.values()];
    this.first.missed = kills.filter(({ unseen }) => unseen).length;
    this.each.missed = kills.reduce((sum, { waiting }) => sum + waiting.size, 0);
    this.all.missed = kills.filter(({ waiting }) => waiting.size > 0).length;
  }

  /** Whether nobody lists a running node as failed. */
  get agreed(): boolean {
    return this.#nodes.every(({ state }, index) =>
      state === "down" || this.#listedBy[index].size === 0
    );
  }

  /** Which share of what running nodes think of others is wrong, 0 to 1: alive nodes listed as failed, dead ones as alive. */
  wrongShare(): number {
    const viewers = this.#nodes.filter(({ state }) => state !== "down");
    let wrong = 0;
    for (const [index, { name, state }] of this.#nodes.entries()) {
      wrong += state === "down"
        ? viewers.filter((viewer) => viewer.status(name) === "alive").length
        : this.#listedBy[index].size;
    }
    return wrong / Math.max(1, viewers.length * (this.#nodes.length - 1));
  }

  /** A node told its user of a change. */
  changed(viewer: SimNode, event: MemberEvent): void {
    for (const { name } of event.members) {
      const index = this.#indexes.get(name);
      if (index === undefined) continue;
      if (event.type === "member-failed") this.#listed(viewer.index, index);
      else if (event.type !== "member-update") this.#unlisted(viewer.index, index);
    }
  }

  /** A node's process is about to end. */
  killing(node: SimNode): void {
    this.#forgetViewsOf(node.index);
    this.#wronged.delete(node.index);
    const waiting = this.#nodes.filter((viewer) =>
      viewer.state === "running" && viewer !== node && !this.#cluster.isImpaired(viewer.index) &&
      !this.#listedBy[node.index].has(viewer.index)
    );
    this.#kills.set(node.index, {
      atMs: this.#cluster.now(),
      waiting: new Set(waiting.map(({ index }) => index)),
      unseen: true,
    });
  }

  /** A killed node is about to start again. */
  restarting(node: SimNode): void {
    const kill = this.#kills.get(node.index);
    if (kill !== undefined) this.#over.push(kill);
    this.#kills.delete(node.index);
  }

  #listed(viewer: number, index: number): void {
    const listed = this.#listedBy[index];
    const node = this.#nodes[index];
    const kill = this.#kills.get(index);
    if (kill !== undefined) this.#noticed(kill, viewer);
    else if (listed.size === 0 && this.#isFalse(viewer, node)) {
      this.#wronged.add(index);
      this.#falseFailuresOf(index).incidents++;
    }
    if (this.#wronged.has(index)) this.#falseFailuresOf(index).reports++;
    listed.add(viewer);
  }

  #unlisted(viewer: number, index: number): void {
    const listed = this.#listedBy[index];
    listed.delete(viewer);
    if (listed.size === 0) this.#wronged.delete(index);
  }

  #noticed(kill: Kill, viewer: number): void {
    const tookMs = this.#cluster.now() - kill.atMs;
    if (kill.unseen) this.first.add(tookMs);
    kill.unseen = false;
    if (!kill.waiting.delete(viewer)) return;
    this.each.add(tookMs);
    if (kill.waiting.size === 0) this.all.add(tookMs);
  }

  #isFalse(viewer: number, node: SimNode): boolean {
    return node.state === "running" && this.#cluster.connected(this.#nodes[viewer], node);
  }

  #falseFailuresOf(index: number): FalseFailures {
    return this.falseFailures[this.#cluster.isImpaired(index) ? "impaired" : "healthy"];
  }

  /** A process that ends takes its view along, and is not waited for. */
  #forgetViewsOf(viewer: number): void {
    for (const index of this.#listedBy.keys()) this.#unlisted(viewer, index);
    for (const { waiting } of this.#kills.values()) waiting.delete(viewer);
  }
}
