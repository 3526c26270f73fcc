/** What the first user event costs two agents that have done nothing but find each other. */

import { sleep } from "../../../support/sleep.ts";
import { sum } from "../../statistics.ts";
import type { Benchmark, Trial } from "../benchmark.ts";
import { Cluster } from "../cluster.ts";
import { EventLog } from "../event_log.ts";

const SIZE = 2;
/** Long enough for what the join has caused. */
const CALM_MS = 1_500;
const TIMEOUT_MS = 5_000;
/** After the delivery, until the event was sent as often as the retransmit limit says. */
const AFTERMATH_MS = 1_000;
/** Before later events, so that they cost what any event costs. */
const WARM_UP = 100;

/** The first event of a pair, and one when its code is warm. */
export const firstEvent: Benchmark = {
  name: "first-event",
  cases: ({ quick }) => [{ label: `N=${SIZE}`, repetitions: quick ? 3 : 7, floor: true, run }],
};

async function run(trial: Trial): Promise<void> {
  await using cluster = await Cluster.form(trial, { size: SIZE });
  const log = await EventLog.open(cluster.agents);
  await sleep(CALM_MS);
  await sendOne(trial, { cluster, log, variant: "the first event of a pair" });
  const phase = log.begin();
  for (let i = 0; i < WARM_UP; i++) await phase.send(cluster.agents[i % SIZE].client);
  await phase.settle({ quietMs: TIMEOUT_MS, timeoutMs: TIMEOUT_MS });
  await sleep(CALM_MS);
  await sendOne(trial, { cluster, log, variant: `an event after ${WARM_UP} others` });
}

async function sendOne(
  trial: Trial,
  { cluster, log, variant }: { cluster: Cluster; log: EventLog; variant: string },
): Promise<void> {
  const cpuBefore = cluster.cpuMs;
  const phase = log.begin();
  await phase.send(cluster.agents[0].client);
  await phase.settle({ quietMs: TIMEOUT_MS, timeoutMs: TIMEOUT_MS });
  await sleep(AFTERMATH_MS);
  const record = (metric: string, value: number) =>
    trial.record({ variant: `N=${SIZE} lan, ${variant}`, metric, unit: "ms" }, value);
  record("CPU of each agent within a second", (cluster.cpuMs - cpuBefore) / SIZE);
  const delays = (agent: number) =>
    sum(phase.deliveries.filter((each) => each.agent === agent).map((each) => phase.delayOf(each)));
  record("delivery at the sender", delays(0));
  record("delivery at the other", delays(1));
}
