/**
 * `serf simulate`: how a cluster of a given size behaves, as a short table.
 *
 * @module
 */

import { parseGoFlags } from "../go/flags.ts";
import { type Cluster, simulate } from "../sim/cluster.ts";
import type { SimNode } from "../sim/sim_node.ts";

/** The flags of the command. */
export const simulateFlags = {
  nodes: { kind: "int", default: 100, help: "How many nodes the cluster has." },
  formed: {
    kind: "bool",
    help: "Start with a formed cluster; thousands of nodes take long to join.",
  },
  seed: { kind: "int", default: 1, help: "Decides everything that is random." },
  seconds: { kind: "int", default: 60, help: "Virtual seconds to run after convergence." },
  loss: { kind: "string", default: "0", help: "Share of datagrams that are lost, 0 to 1." },
  kill: { kind: "int", default: 1, help: "How many nodes are killed after convergence." },
} as const;

/** What was measured; times are virtual milliseconds. */
interface Measurements {
  readonly convergedMs: number;
  /** From the kill until the first and until the last node saw all the killed ones as failed. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  /** Running nodes that somebody sees as failed at the end. */
  readonly falseFailures: number;
  /** Virtual seconds, packets and bytes after convergence. */
  readonly seconds: number;
  readonly packets: number;
  readonly bytes: number;
}

/**
 * Simulates a cluster by command line flags and returns a table of what was measured.
 *
 * @throws {FlagError} if the flags are wrong
 * @throws {TypeError} if there are other arguments
 * @throws {RangeError} if a value is out of range
 * @throws {SimulationError} if the cluster does not converge
 */
export function simulateCommand(args: readonly string[]): string {
  // Whoever runs this as a task may have put dashes between the task and its flags.
  const ours = args[0] === "--" ? args.slice(1) : args;
  const { flags, positionals } = parseGoFlags(ours, simulateFlags);
  if (positionals.length > 0) throw new TypeError(`Cannot use argument: got "${positionals[0]}"`);
  const { nodes, formed, seed, seconds, kill } = flags;
  const loss = Number(flags.loss);
  if (nodes < 1) throw new RangeError(`Cannot simulate a cluster of ${nodes} nodes`);
  if (seconds < 1) throw new RangeError(`Cannot simulate ${seconds} seconds`);
  if (kill < 0 || kill >= nodes) throw new RangeError(`Cannot kill ${kill} of ${nodes} nodes`);
  const startedAt = performance.now();
  const join = formed ? "formed" : "first";
  const cluster = simulate({ nodes, join, seed, loss, countBytes: true, keepEvents: 0 });
  const measured = measure(cluster, { kill, seconds });
  const realSeconds = (performance.now() - startedAt) / 1000;
  return formatTable([
    ["nodes, seed, loss", `${nodes}, ${seed}, ${loss}`],
    ["converged after", formatSeconds(measured.convergedMs)],
    [`${kill} killed, seen by the first`, formatSeconds(measured.firstMs)],
    [`${kill} killed, seen by all`, formatSeconds(measured.lastMs)],
    ["running nodes seen as failed", String(measured.falseFailures)],
    ["packets per node per second", (measured.packets / nodes / measured.seconds).toFixed(2)],
    ["bytes per node per second", (measured.bytes / nodes / measured.seconds).toFixed(0)],
    ["events processed", String(cluster.statistics.events)],
    ["real time", `${realSeconds.toFixed(2)} s`],
  ]);
}

function measure(
  cluster: Cluster,
  { kill, seconds }: { kill: number; seconds: number },
): Measurements {
  const convergedMs = cluster.now;
  const { packets, bytes } = cluster.statistics;
  const killed = cluster.nodes.slice(cluster.nodes.length - kill);
  for (const node of killed) node.kill();
  const sees = (viewer: SimNode) => killed.every(({ name }) => viewer.status(name) === "failed");
  const firstMs = cluster.wait(() => cluster.running.some(sees), { seconds });
  const restMs = cluster.wait(() => cluster.running.every(sees), { seconds });
  const spentMs = cluster.now - convergedMs;
  cluster.run({ ms: Math.max(0, seconds * 1000 - spentMs) });
  return {
    convergedMs,
    firstMs,
    lastMs: firstMs === undefined || restMs === undefined ? undefined : firstMs + restMs,
    falseFailures: cluster.running.filter(({ name }) => isSeenAsFailed(cluster, name)).length,
    seconds: (cluster.now - convergedMs) / 1000,
    packets: cluster.statistics.packets - packets,
    bytes: cluster.statistics.bytes - bytes,
  };
}

function isSeenAsFailed(cluster: Cluster, name: string): boolean {
  return cluster.running.some((viewer) => viewer.status(name) === "failed");
}

function formatSeconds(ms: number | undefined): string {
  return ms === undefined ? "not in time" : `${(ms / 1000).toFixed(2)} s`;
}

function formatTable(rows: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`).join("\n");
}
