/** What becomes of many user events that one agent is given at once. */

import { sleep } from "../../../support/sleep.ts";
import type { Benchmark, Trial } from "../benchmark.ts";
import { Cluster } from "../cluster.ts";
import { EventLog } from "../event_log.ts";
import { networkCounters } from "../network_counters.ts";

const SIZE = 5;
const QUIET_MS = 3_000;
const TIMEOUT_MS = 30_000;
/** After the last delivery, until agents have sent what they still repeat. */
const AFTERMATH_MS = 1_500;

/** Losses, order and duration of bursts. */
export const burst: Benchmark = {
  name: "burst",
  cases({ quick }) {
    const sizes = quick ? [100, 500] : [100, 500, 2_000];
    return [{
      label: `N=${SIZE}`,
      repetitions: quick ? 1 : 2,
      mixed: true,
      run: (trial) => run(trial, sizes),
    }];
  },
};

async function run(trial: Trial, sizes: readonly number[]): Promise<void> {
  await using cluster = await Cluster.form(trial, { size: SIZE });
  const log = await EventLog.open(cluster.agents);
  for (const events of sizes) await send(trial, { cluster, log, events });
}

async function send(
  trial: Trial,
  { cluster, log, events }: { cluster: Cluster; log: EventLog; events: number },
): Promise<void> {
  // In mixed clusters the kinds take turns at sending.
  const { client } = cluster.agents[trial.repetition % SIZE];
  const before = { cpuMs: cluster.cpuMs, packets: networkCounters().udpPackets };
  const phase = log.begin();
  await Promise.all(Array.from({ length: events }, () => phase.send(client)));
  await phase.settle({ quietMs: QUIET_MS, timeoutMs: TIMEOUT_MS });
  await sleep(AFTERMATH_MS);
  const packets = networkCounters().udpPackets - before.packets;
  const cpuMs = cluster.cpuMs - before.cpuMs;

  const record = (metric: string, unit: string, value: number) =>
    trial.record({ variant: `N=${SIZE} lan, ${events} events at once`, metric, unit }, value);
  const { lastDeliveryMs, deliveries } = phase;
  record("lost", "% of deliveries", phase.lostPercent);
  record("last delivery after the send began", "ms", lastDeliveryMs);
  const perSecond = deliveries.length / SIZE / lastDeliveryMs * 1000;
  record("deliveries per agent per second", "events/s", perSecond);
  record("out of order", "% of deliveries", phase.outOfOrderPercent);
  record("rejected by the RPC", "count", phase.refused);
  record("UDP packets", "count", packets);
  record("agents' CPU", "ms", cpuMs);
}
