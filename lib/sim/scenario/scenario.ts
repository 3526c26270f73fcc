/**
 * What is simulated for an operator: a cluster, its network, and what happens to it. Times are seconds or milliseconds from
 * the moment at which all nodes know each other.
 *
 * @module
 */

import type { Profile, ProfileName } from "../../swim/config.ts";

/** A range of one-way delays, milliseconds. */
export type LatencyRange = readonly [minMs: number, maxMs: number];

/** Nodes that are close to each other. */
export interface Zone {
  readonly name: string;
  readonly nodes: number;
  /** Between nodes of the zone; default: that of the scenario. */
  readonly latencyMs?: LatencyRange;
  /** Share of datagrams, 0 to 1; default: that of the scenario. */
  readonly loss?: number;
}

/** The network between two zones, in both directions. */
export interface ZoneLink {
  readonly between: readonly [zone: string, zone: string];
  readonly latencyMs?: LatencyRange;
  readonly loss?: number;
}

/** When something begins, and for how long it lasts; for good without `forMs`. */
export interface Period {
  readonly atMs: number;
  readonly forMs?: number;
}

/** Some nodes, drawn by the seed from one zone or from all that nothing else happens to. */
export interface NodeFault extends Period {
  readonly nodes: number;
  readonly zone?: string;
}

/** Overloaded nodes: all that they do happens so much later. */
export interface SlowNodes extends NodeFault {
  readonly delayMs: number;
}

/** One side of a partition: whole zones, or so many nodes drawn by the seed. */
export interface Partition extends Period {
  readonly zones: readonly string[];
  readonly nodes: number;
}

/** User events, each sent by one of the nodes to which nothing happens. */
export interface EventLoad extends Period {
  readonly perSecond: number;
  readonly payloadBytes: number;
}

/** Everything that decides a run. */
export interface Scenario {
  readonly nodes: number;
  readonly seconds: number;
  readonly seed: number;
  /** Whether the nodes start as members of a formed cluster; otherwise they all join the first one. */
  readonly formed: boolean;
  readonly profile: ProfileName;
  /** Changes to the profile. */
  readonly tune: Partial<Profile>;
  /** Share of datagrams, 0 to 1. */
  readonly loss: number;
  readonly latencyMs: LatencyRange;
  /** In the order in which nodes are numbered; none if all nodes are alike. */
  readonly zones: readonly Zone[];
  readonly links: readonly ZoneLink[];
  /** Processes that end, and start again when their period is over. */
  readonly kills: readonly NodeFault[];
  /** Processes that stand still, as a virtual machine does that is moved. */
  readonly pauses: readonly NodeFault[];
  readonly slow: readonly SlowNodes[];
  readonly partitions: readonly Partition[];
  readonly events: readonly EventLoad[];
}

/** A formed cluster of a hundred nodes in a local network to which nothing happens for a minute. */
export const calmScenario: Scenario = {
  nodes: 100,
  seconds: 60,
  seed: 1,
  formed: true,
  profile: "lan",
  tune: {},
  loss: 0,
  latencyMs: [0.2, 1],
  zones: [],
  links: [],
  kills: [],
  pauses: [],
  slow: [],
  partitions: [],
  events: [],
};
