/** What it takes to join thousands of members, whom one process plays, and to be among them. */

import { memoryOf, tickMsOf } from "../../process_usage.ts";
import { sleep } from "../../../support/sleep.ts";
import type { Benchmark, Trial } from "../benchmark.ts";
import { Cluster } from "../cluster.ts";
import { Crowd } from "../crowd.ts";
import { pollUntil } from "../poll.ts";

interface Plan {
  readonly size: number;
  /** Whether Serf's agent is measured, too. */
  readonly compared: boolean;
  /** After the join, for how long the agent's datagrams are counted. */
  readonly windowMs: number;
  /** After that, for how long it is left alone. */
  readonly restMs: number;
}

const SETTLE_MS = 1_000;
const TIMEOUT_MS = 60_000;
const CALLS = 5;

/** Gossip, memory and processor time of an agent that joins many members. */
export const crowd: Benchmark = {
  name: "crowd",
  cases({ quick }) {
    const plans: readonly Plan[] = quick
      ? [{ size: 1_000, compared: true, windowMs: 6_000, restMs: 3_000 }]
      : [
        { size: 1_000, compared: true, windowMs: 30_000, restMs: 20_000 },
        { size: 10_000, compared: true, windowMs: 45_000, restMs: 20_000 },
        { size: 50_000, compared: false, windowMs: 45_000, restMs: 20_000 },
      ];
    return plans.map((plan) => ({
      label: `N=${plan.size}`,
      repetitions: 1,
      run: (trial) => run(trial, plan),
    }));
  },
};

async function run(trial: Trial, { size, compared, windowMs, restMs }: Plan): Promise<void> {
  if (trial.composition === "serf" && !compared) return;
  using crowd = new Crowd(size);
  await using cluster = await Cluster.start(trial.composition, { size: 1 });
  const [agent] = cluster.agents;
  await sleep(SETTLE_MS);
  const record = (metric: string, unit: string, value: number | undefined, target?: number) =>
    trial.record({ variant: `N=${size}`, metric, unit, target }, value);

  const rssBefore = memoryOf(agent.pid).rss;
  const cpuBefore = agent.cpuMs;
  const since = performance.now();
  await agent.client.join([crowd.address]);
  record("join RPC", "ms", performance.now() - since);
  record("CPU of the join RPC", "ms", agent.cpuMs - cpuBefore, 1);
  const condition = ({ alive }: { alive: number }) => alive === size + 1;
  const [listedMs] = await pollUntil([agent], { condition, since, timeoutMs: TIMEOUT_MS });
  record("all are listed", "ms", listedMs);
  record("CPU until all are listed", "ms", agent.cpuMs - cpuBefore, 1);

  await sleep(since + windowMs - performance.now());
  const seconds = (performance.now() - since) / 1000;
  const { packets, bytes, claims } = crowd.traffic;
  const after = `in ${windowMs / 1000} s after the join`;
  record(`member updates gossiped ${after}`, "count", claims, 0.1);
  record(`… per member listed`, "count", claims / size, 0.1);
  record(`UDP packets sent ${after}`, "/s", packets / seconds);
  record(`UDP bytes sent ${after}`, "bytes/s", bytes / seconds, 0.1);
  record("CPU meanwhile", "ms", agent.cpuMs - cpuBefore);

  // Threads may end meanwhile, which the scheduler's clock leaves out.
  const ticksBefore = tickMsOf(agent.pid);
  await sleep(restMs);
  record("CPU at rest", "% of a core", 100 * (tickMsOf(agent.pid) - ticksBefore) / restMs);
  record("RSS growth", "MiB", memoryOf(agent.pid).rss - rssBefore, 1.2);

  for (let i = 0; i < CALLS; i++) {
    const cpuBeforeCall = agent.cpuMs;
    await agent.client.members();
    const which = i === 0 ? "first members call" : "later members calls";
    record(`CPU of the ${which}`, "ms", agent.cpuMs - cpuBeforeCall, i === 0 ? undefined : 1);
  }
}
