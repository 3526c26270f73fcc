/** How many user events a second agents take, and how many a small cluster carries. */

import type { Benchmark, Trial } from "../benchmark.ts";
import { Cluster } from "../cluster.ts";
import { type Flood, floodWithEvents } from "../event_flood.ts";
import { EventLog, type EventPhase } from "../event_log.ts";
import { networkCounters } from "../network_counters.ts";

const SIZE = 5;
/** How many clients send events at the same time, and how many each of them has in flight. */
const FLOODS = [
  { clients: 1, inFlight: 32 },
  { clients: 1, inFlight: 128 },
  { clients: 4, inFlight: 32 },
];
/** The first rate tried, events per second; as long as it is sustained it is doubled. */
const FIRST_RATE = 50;
const MAX_RATE = 20_000;
/** What is tried between the last rate that was sustained and its double. */
const STEPS = [1.25, 1.5, 1.75];
/** Deliveries that may be missing of a rate that counts as sustained, percent. */
const MAX_LOST_PERCENT = 2;
/** What has not been delivered so long after the last event was sent counts as lost. */
const DEADLINE_MS = 2_000;
/** An agent that does not take events as fast as they are sent makes sending last this much longer. */
const MAX_STRETCH = 1.05;

/** Rates of events. */
export const throughput: Benchmark = {
  name: "throughput",
  cases({ quick }) {
    const seconds = quick ? 2 : 4;
    return [
      {
        label: "accept",
        repetitions: quick ? 1 : 2,
        floor: true,
        run: (trial) => accept(trial, seconds),
      },
      { label: `N=${SIZE}`, repetitions: 1, run: (trial) => sustain(trial, seconds) },
    ];
  },
};

/** How many events one agent takes that has nobody to tell, of one client and of several. */
async function accept(trial: Trial, seconds: number): Promise<void> {
  await using cluster = await Cluster.form(trial, { size: 1 });
  const [{ rpcAddress }] = cluster.agents;
  for (const { clients, inFlight } of FLOODS) {
    const begun = performance.now();
    const until = begun + seconds * 1000;
    const floods = await Promise.all(
      Array.from({ length: clients }, () => floodWithEvents(rpcAddress, { inFlight, until })),
    );
    const elapsed = (performance.now() - begun) / 1000;
    const sum = (of: keyof Flood) => floods.reduce((total, flood) => total + flood[of], 0);
    const variant = `1 agent, ${clients} x ${inFlight} in flight`;
    trial.record({ variant, metric: "event RPCs accepted", unit: "/s" }, sum("accepted") / elapsed);
    trial.record({ variant, metric: "event RPCs refused", unit: "count" }, sum("refused"));
  }
}

interface Attempt {
  readonly rate: number;
  /** Whether the agent took the events as fast as they were sent. */
  readonly accepted: boolean;
  readonly phase: EventPhase;
  readonly lostPercent: number;
  readonly cpuMs: number;
  readonly packets: number;
}

async function sustain(trial: Trial, seconds: number): Promise<void> {
  await using cluster = await Cluster.form(trial, { size: SIZE });
  const log = await EventLog.open(cluster.agents);
  const attempts: Attempt[] = [];
  const holds = async (rate: number) => {
    const made = await attempt(cluster, log, { rate, seconds });
    attempts.push(made);
    return isSustained(made);
  };
  let rate = FIRST_RATE;
  while (rate <= MAX_RATE && await holds(rate)) rate *= 2;
  for (const step of STEPS) {
    if (rate > MAX_RATE || !await holds(rate / 2 * step)) break;
  }
  const record = (metric: string, unit: string, value: number | undefined) =>
    trial.record({ variant: `N=${SIZE} lan`, metric, unit }, value);
  const best = attempts.findLast(isSustained);
  const clean = attempts
    .filter(({ accepted, lostPercent }) => accepted && lostPercent === 0)
    .map(({ rate }) => rate);
  record("sustained, at most 2 % lost", "events/s", best?.rate ?? 0);
  record("highest rate tried with none lost", "events/s", Math.max(0, ...clean));
  if (best === undefined) return;
  const { phase, lostPercent, cpuMs, packets } = best;
  record("lost there", "% of deliveries", lostPercent);
  record("out-of-order deliveries there", "%", phase.outOfOrderPercent);
  record("agents' CPU per event there", "ms", cpuMs / phase.accepted);
  record("UDP packets per event there", "count", packets / phase.accepted);
}

function isSustained({ accepted, lostPercent }: Attempt): boolean {
  return accepted && lostPercent <= MAX_LOST_PERCENT;
}

async function attempt(
  cluster: Cluster,
  log: EventLog,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<Attempt> {
  const before = { cpuMs: cluster.cpuMs, packets: networkCounters().udpPackets };
  const begun = performance.now();
  const phase = log.begin();
  await phase.sendSteadily(cluster.agents[0].client, { perSecond: rate, count: rate * seconds });
  const tookMs = performance.now() - begun;
  await phase.settle({ quietMs: DEADLINE_MS, timeoutMs: DEADLINE_MS });
  return {
    rate,
    accepted: tookMs < seconds * 1000 * MAX_STRETCH,
    phase,
    lostPercent: phase.lostPercent,
    cpuMs: cluster.cpuMs - before.cpuMs,
    packets: networkCounters().udpPackets - before.packets,
  };
}
