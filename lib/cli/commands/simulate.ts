/**
 * `serf simulate`, which the original Serf does not have: how a cluster of a given size behaves, as a short table.
 *
 * @module
 */

import { FlagError, type FlagSpecs, parseGoFlags } from "../../go/flags.ts";
import { type Cluster, simulate as simulateCluster } from "../../sim/cluster.ts";
import type { SimNode } from "../../sim/sim_node.ts";
import { SimulationError } from "../../sim/simulation_error.ts";
import { type Command, CommandFailure, flagFailure } from "../command.ts";

const simulateFlags = {
  nodes: { kind: "int", value: "n", default: 100, help: "How many nodes the cluster has." },
  formed: {
    kind: "bool",
    help: "Starts with a formed cluster; joining takes long with thousands of nodes.",
  },
  seed: { kind: "int", value: "n", default: 1, help: "Decides everything that is random." },
  seconds: {
    kind: "int",
    value: "n",
    default: 60,
    help: "Virtual seconds to run after all nodes know each other.",
  },
  loss: {
    kind: "string",
    value: "share",
    default: "0",
    help: "Share of datagrams that are lost, from 0 to 1.",
  },
  kill: {
    kind: "int",
    value: "n",
    default: 1,
    help: "How many nodes are killed once all know each other.",
  },
} as const satisfies FlagSpecs;

/** Runs a cluster in virtual time and prints how it behaved. */
export const simulate: Command = {
  usage: {
    line: "serf simulate [options]",
    description:
      "Runs a whole cluster inside this process, in virtual time and without a network, and prints how fast it comes together and notices failures. The same seed gives the same run.",
    flags: simulateFlags,
  },
  run(args, io) {
    try {
      io.out(simulationTable(args));
      return 0;
    } catch (error) {
      if (error instanceof FlagError) throw flagFailure(error);
      const isFailure = error instanceof TypeError || error instanceof RangeError ||
        error instanceof SimulationError;
      throw isFailure ? new CommandFailure(error.message) : error;
    }
  },
};

/**
 * Simulates a cluster by command line flags and returns a table of what was measured.
 *
 * @throws {FlagError} if the flags are wrong
 * @throws {TypeError} if there are other arguments
 * @throws {RangeError} if a value is out of range
 * @throws {SimulationError} if the cluster does not converge
 */
export function simulationTable(args: readonly string[]): string {
  // `deno task sim -- -nodes=5` passes the dashes on.
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
  const cluster = simulateCluster({ nodes, join, seed, loss, countBytes: true, keepEvents: 0 });
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
