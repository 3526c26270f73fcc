/**
 * Experiments of the SWIM paper (Das, Gupta, Motivala, DSN 2002, section 5).
 *
 * @module
 */

import { simulate } from "../../../lib/sim/mod.ts";
import { swim, type Variant } from "./variants.ts";

/** How long nodes talk of their own start, virtual seconds. */
const CALM_SECONDS = 10;
/** How long the load at rest is measured, virtual seconds: as many protocol periods as in the paper. */
const REST_SECONDS = 40;
const PERIOD_MS = 1_000;

/** Figures of one cluster. */
export interface Detection {
  /** Messages that a member sends in a protocol period at rest. */
  readonly messages: number;
  /** The protocol period after a death, from 1, in which the first member pings the dead one. */
  readonly period: number;
}

/** Kills a node of a cluster at rest. */
export function measureDetection(nodes: number, seed: number): Detection {
  let suspectedAt: number | undefined;
  const cluster = simulate({
    nodes,
    seed,
    join: "formed",
    keepEvents: 0,
    tune: swim,
    log: ({ atMs, text }) => {
      if (text.startsWith("memberlist: Suspect n0 has failed")) suspectedAt ??= atMs;
    },
  });
  cluster.run({ seconds: CALM_SECONDS });
  const { packets } = cluster.statistics;
  cluster.run({ seconds: REST_SECONDS });
  const messages = (cluster.statistics.packets - packets) / nodes /
    (1_000 * REST_SECONDS / PERIOD_MS);
  const diedAt = cluster.now;
  cluster.node(0).kill();
  cluster.runUntil(() => suspectedAt !== undefined, { seconds: 60 });
  // It is suspected at the end of the probe, which takes one period.
  const pingedMs = (suspectedAt ?? NaN) - diedAt - PERIOD_MS;
  return { messages, period: Math.max(1, Math.ceil(pingedMs / PERIOD_MS)) };
}

/**
 * The paper's settings for Figure 4: one helper, a period of 2 s, and updates sent only with pings and acks. memberlist must
 * send some gossip apart from them, and here it sends least.
 */
const figure4: Variant = {
  ...swim,
  streamProbes: false,
  indirectChecks: 1,
  probeIntervalMs: 2_000,
  retransmitMult: 3,
  gossipNodes: 1,
  gossipIntervalMs: 2_000,
  pushPullIntervalMs: 1e9,
};
/** Three times the natural logarithm of 18, rounded up: 9 periods, which are 7.3 times the decimal logarithm of 17. */
const FIGURE4_SUSPICION_MULT = 7.3;
const JOINING = 17;
const JOIN_GAP_SECONDS = 5;
const FIGURE4_SECONDS = 175;
/** How soon who was declared failed is out. */
const STEP_MS = 100;

/**
 * The experiment of Figure 4: 17 members join one after the other while receivers lose 10 % of all packets. In SWIM nobody
 * comes back who was declared failed. Returns how large the group is after 175 s.
 */
export function measureJoins(seed: number, { suspicion }: { readonly suspicion: boolean }): number {
  const failed = new Set<string>();
  const cluster = simulate({
    nodes: 0,
    seed,
    loss: 0.1,
    keepEvents: 0,
    tune: { ...figure4, suspicionMult: suspicion ? FIGURE4_SUSPICION_MULT : 0 },
    log: ({ text }) => {
      const name = /^memberlist: Marking (\S+) as failed/.exec(text)?.[1];
      if (name !== undefined) failed.add(name);
    },
  });
  for (let i = 0; i < JOINING; i++) {
    cluster.after({ seconds: i * JOIN_GAP_SECONDS }, () => {
      const [first] = cluster.running;
      const node = cluster.add();
      if (first !== undefined) node.join(first);
    });
  }
  while (cluster.now < 1_000 * FIGURE4_SECONDS) {
    cluster.run({ ms: STEP_MS });
    for (const node of cluster.running) if (failed.has(node.name)) node.kill();
  }
  return cluster.running.length;
}
