/** How soon agents that all join at once know each other. */

import { sleep } from "../../../support/sleep.ts";
import { median, sum } from "../../statistics.ts";
import type { Benchmark, Trial } from "../benchmark.ts";
import { Cluster } from "../cluster.ts";
import { networkCounters } from "../network_counters.ts";
import { latest } from "../poll.ts";

const TIMEOUT_MS = 90_000;
/** In large clusters, when to look for members that were wrongly given up. */
const CHECK_AFTER_MS = 8_000;
const CHECKED_SIZE = 60;

/** Convergence after a concurrent join. */
export const join: Benchmark = {
  name: "join",
  cases({ quick }) {
    const sizes = quick ? [10, 30] : [10, 30, 60];
    return sizes.map((size) => ({
      label: `N=${size}`,
      repetitions: quick || size >= CHECKED_SIZE ? 1 : 3,
      mixed: true,
      floor: true,
      run: (trial) => run(trial, size),
    }));
  },
};

async function run(trial: Trial, size: number): Promise<void> {
  await using cluster = await Cluster.start(trial.composition, { size });
  const record = (metric: string, unit: string, value: number | undefined) =>
    trial.record({ variant: `N=${size}`, metric, unit }, value);
  const packetsBefore = networkCounters().udpPackets;
  const cpuBefore = cluster.cpuMs;
  const since = performance.now();
  const joining = cluster.join();
  const times = await cluster.complete({ since, timeoutMs: TIMEOUT_MS });
  const cpuMs = cluster.cpuMs - cpuBefore;
  const packets = networkCounters().udpPackets - packetsBefore;
  const joins = await joining;
  trial.formed(size, latest(times));

  const inTime = present(times);
  const joined = present(joins);
  record("half of the agents list N alive", "ms", inTime[Math.ceil(size / 2) - 1]);
  record("every agent lists N alive", "ms", latest(times));
  record("join RPC, median", "ms", median(joined));
  record("join RPC, slowest", "ms", joined.at(-1));
  const failures = joins.length - joined.length + size - inTime.length;
  record("failed joins + agents late (90 s)", "count", failures);
  record("UDP packets until converged", "count", packets);
  record("agents' CPU until converged (with polling)", "ms", cpuMs);
  if (size < CHECKED_SIZE) return;
  await sleep(CHECK_AFTER_MS);
  const counts = await Promise.all(cluster.agents.map((agent) => agent.counts()));
  const missing = sum(counts.map(({ alive }) => size - alive));
  record("members wrongly not alive 8 s later", "count", missing);
}

/** Sorted, without those that are missing. */
function present(times: readonly (number | undefined)[]): number[] {
  return times.filter((time) => time !== undefined).sort((a, b) => a - b);
}
