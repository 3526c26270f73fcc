/** What agents take that have nothing to do. */

import { memoryOf, tickMsOf } from "../../process_usage.ts";
import { sleep } from "../../../support/sleep.ts";
import { median, sum } from "../../statistics.ts";
import type { BenchAgent } from "../bench_agent.ts";
import type { Benchmark, Trial } from "../benchmark.ts";
import { Cluster } from "../cluster.ts";
import { networkCounters } from "../network_counters.ts";

interface Plan {
  readonly size: number;
  /** How long the cluster is left alone before it is looked at. */
  readonly settleMs: number;
  readonly windowMs: number;
}

/** Memory, processor time and packets of agents that are left alone. */
export const idle: Benchmark = {
  name: "idle",
  cases({ quick }) {
    const settleMs = quick ? 4_000 : 6_000;
    const windowMs = quick ? 5_000 : 10_000;
    return [1, quick ? 10 : 20].map((size) => ({
      label: `N=${size}`,
      repetitions: 1,
      run: (trial) => run(trial, { size, settleMs, windowMs }),
    }));
  },
};

async function run(trial: Trial, { size, settleMs, windowMs }: Plan): Promise<void> {
  await using cluster = await Cluster.form(trial, { size });
  const { agents } = cluster;
  await sleep(settleMs);
  const before = look(agents);
  await sleep(windowMs);
  const after = look(agents);
  const elapsedMs = after.at - before.at;
  const variant = size === 1 ? "1 agent" : `N=${size}, per agent`;
  const record = (metric: string, unit: string, value: number) =>
    trial.record({ variant, metric, unit }, value);
  const memory = agents.map(({ pid }) => memoryOf(pid));
  const share = (usedMs: number) => 100 * usedMs / elapsedMs / size;
  record("RSS", "MiB", median(memory.map(({ rss }) => rss)));
  record("PSS (shared pages split)", "MiB", median(memory.map(({ pss }) => pss)));
  record("CPU (scheduler time)", "% of a core", share(after.cpuMs - before.cpuMs));
  record("CPU (10 ms ticks)", "% of a core", share(after.tickMs - before.tickMs));
  if (size > 1) {
    const sent = after.udpPackets - before.udpPackets;
    record("UDP packets sent", "/s", sent / size / elapsedMs * 1000);
  }
}

function look(agents: readonly BenchAgent[]) {
  return {
    at: performance.now(),
    cpuMs: sum(agents.map((agent) => agent.cpuMs)),
    tickMs: sum(agents.map(({ pid }) => tickMsOf(pid))),
    udpPackets: networkCounters().udpPackets,
  };
}
