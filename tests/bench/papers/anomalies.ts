/**
 * The two experiments of the Lifeguard paper (arXiv 1707.00788, section V-D): clusters in which some members process
 * messages slowly, all of them at the same times.
 *
 * @module
 */

import { type Cluster, type MemberEvent, type SimNode, simulate } from "../../../lib/sim/mod.ts";
import type { Variant } from "./variants.ts";

/** Before the first anomaly, virtual seconds. */
const QUIESCE_SECONDS = 15;
/** How long an experiment lasts from the start of the cluster, virtual seconds. */
const LENGTH_SECONDS = 120;

/** A cluster, and how many of its members are slow. */
export interface Experiment {
  readonly nodes: number;
  readonly seed: number;
  /** The paper's C: how many members have anomalies. */
  readonly concurrent: number;
  /** The paper's D, milliseconds. */
  readonly durationMs: number;
}

/** What the paper's Tables IV and VI count. */
export interface FalsePositives {
  /** How often any member reported a member as failed that was not slow. */
  readonly atAll: number;
  /** How often one did so that was not slow itself. */
  readonly atHealthy: number;
  /** Datagrams that were sent. */
  readonly packets: number;
  /** Their bytes. */
  readonly bytes: number;
}

/** A member reported others as failed. */
type Watch = (node: SimNode, failed: readonly string[]) => void;

function startCluster({ nodes, seed }: Experiment, tune: Variant, watch: Watch): Cluster {
  const cluster = simulate({
    nodes,
    seed,
    tune,
    join: "formed",
    keepEvents: 0,
    countBytes: true,
    observer: {
      emitted: (node, output) => {
        if (output.type !== "member-failed") return;
        watch(node, (output as MemberEvent).members.map(({ name }) => name));
      },
    },
  });
  cluster.run({ seconds: QUIESCE_SECONDS });
  return cluster;
}

/** The Interval experiment: slow members are blocked for a while, and again after `intervalMs`, the paper's I. */
export function measureFalsePositives(
  experiment: Experiment & { readonly intervalMs: number },
  tune: Variant,
): FalsePositives {
  const { concurrent, durationMs, intervalMs } = experiment;
  const slow = new Set<string>();
  let atAll = 0;
  let atHealthy = 0;
  const cluster = startCluster(experiment, tune, (node, failed) => {
    const wrong = failed.filter((name) => !slow.has(name)).length;
    atAll += wrong;
    if (!slow.has(node.name)) atHealthy += wrong;
  });
  const anomalous = cluster.nodes.slice(0, concurrent);
  for (const { name } of anomalous) slow.add(name);
  const endAt = 1_000 * LENGTH_SECONDS;
  while (cluster.now < endAt) {
    for (const node of anomalous) node.block();
    cluster.run({ ms: durationMs });
    for (const node of anomalous) node.unblock();
    if (cluster.now < endAt) cluster.run({ ms: intervalMs });
  }
  const { packets, bytes } = cluster.statistics;
  return { atAll, atHealthy, packets, bytes };
}

/** What the paper's Tables V and VII are about, virtual milliseconds from the start of the anomaly. */
export interface Latencies {
  /** Until the first healthy member reported each slow one as failed. */
  readonly firstMs: readonly number[];
  /** Until all healthy members had done so. */
  readonly fullMs: readonly number[];
}

/** The Threshold experiment: slow members are blocked once. Those that are not detected meanwhile are left out. */
export function measureLatencies(experiment: Experiment, tune: Variant): Latencies {
  const reports = new Map<string, number[]>();
  let from = Infinity;
  const slow = new Set<string>();
  const cluster = startCluster(experiment, tune, (node, failed) => {
    if (slow.has(node.name)) return;
    for (const name of failed) reports.set(name, [...reports.get(name) ?? [], cluster.now - from]);
  });
  from = cluster.now;
  const anomalous = cluster.nodes.slice(0, experiment.concurrent);
  for (const node of anomalous) {
    slow.add(node.name);
    node.block();
  }
  cluster.run({ ms: experiment.durationMs });
  const times = anomalous.map(({ name }) => reports.get(name) ?? []);
  const healthy = experiment.nodes - experiment.concurrent;
  return {
    firstMs: times.flatMap(([first]) => first ?? []),
    fullMs: times.flatMap((all) => all.length >= healthy ? [all[healthy - 1]] : []),
  };
}
