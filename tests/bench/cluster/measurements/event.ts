/** How soon a user event reaches everybody in a quiet cluster. */

import { sleep } from "../../../support/sleep.ts";
import { median, percentile } from "../../statistics.ts";
import type { Benchmark, Trial } from "../benchmark.ts";
import { Cluster } from "../cluster.ts";
import { EventLog } from "../event_log.ts";

const TIMEOUT_MS = 5_000;
/** Between two events: long enough for quiet, and never the same, so that no gossip tick is met each time. */
const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 400;

/** Delays of single events. */
export const event: Benchmark = {
  name: "event",
  cases: ({ quick }) =>
    (quick ? [10] : [10, 30, 60]).map((size) => ({
      label: `N=${size}`,
      repetitions: quick || size > 30 ? 1 : 2,
      mixed: true,
      floor: true,
      run: (trial) => run(trial, { size, events: quick ? 10 : 20 }),
    })),
};

async function run(
  trial: Trial,
  { size, events }: { size: number; events: number },
): Promise<void> {
  await using cluster = await Cluster.form(trial, { size });
  const log = await EventLog.open(cluster.agents);
  const own: number[] = [];
  const others: number[][] = [];
  let lost = 0;
  for (let i = 0; i < events; i++) {
    await sleep(MIN_PAUSE_MS + Math.random() * (MAX_PAUSE_MS - MIN_PAUSE_MS));
    const sender = i % size;
    const phase = log.begin();
    await phase.send(cluster.agents[sender].client);
    await phase.settle({ quietMs: TIMEOUT_MS, timeoutMs: TIMEOUT_MS });
    lost += phase.lost;
    const delays = (atSender: boolean) =>
      phase.deliveries
        .filter(({ agent }) => (agent === sender) === atSender)
        .map((delivery) => phase.delayOf(delivery));
    own.push(...delays(true));
    others.push(delays(false));
  }
  const record = (metric: string, unit: string, value: number) =>
    trial.record({ variant: `N=${size} lan`, metric, unit }, value);
  const all = others.flat();
  record("delivery, p50 of agents", "ms", median(all));
  record("delivery, p99", "ms", percentile(all, 99));
  record("delivery, max", "ms", Math.max(...all));
  record("last agent, median event", "ms", median(others.map((delays) => Math.max(...delays))));
  record("delivery at the sender, p50", "ms", median(own));
  record(`deliveries lost of ${events} events`, "count", lost);
}
