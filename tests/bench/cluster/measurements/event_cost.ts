/** What a user event costs the network and the agents, beyond what they do anyway. */

import { sleep } from "../../../support/sleep.ts";
import type { Benchmark, Trial } from "../benchmark.ts";
import { Cluster } from "../cluster.ts";
import { EventLog } from "../event_log.ts";
import { type NetworkCounters, networkCounters } from "../network_counters.ts";
import { networkIsPrivate, rpcHost } from "../private_network.ts";

const SIZE = 5;
const EVENTS = 100;
const PER_SECOND = 20;
const SETTLE_MS = 5_000;
/** After the last event, until agents have sent what they still repeat. */
const AFTERMATH_MS = 3_000;
/** How often the counters are read. */
const SAMPLE_MS = 100;

/** Whether the bytes of IPv4 tell of nothing but gossip. */
const countsBytes = networkIsPrivate && rpcHost === "::1";

/** Packets, bytes and processor time of an event. */
export const eventCost: Benchmark = {
  name: "event-cost",
  cases({ quick }) {
    const idleMs = quick ? 5_000 : 10_000;
    return [{
      label: `N=${SIZE}`,
      repetitions: quick ? 1 : 2,
      floor: true,
      run: (trial) => run(trial, idleMs),
    }];
  },
};

async function run(trial: Trial, idleMs: number): Promise<void> {
  await using cluster = await Cluster.form(trial, { size: SIZE });
  const log = await EventLog.open(cluster.agents);
  await sleep(SETTLE_MS);
  const idle = await observe(cluster, () => sleep(idleMs));
  const phase = log.begin();
  const busy = await observe(cluster, async () => {
    const { client } = cluster.agents[0];
    await phase.sendSteadily(client, { perSecond: PER_SECOND, count: EVENTS });
    await sleep(AFTERMATH_MS);
  });
  const record = (variant: string) => (metric: string, unit: string, value: number) =>
    trial.record({ variant: `N=${SIZE} lan, ${variant}`, metric, unit }, value);
  const recordEvents = record(`${EVENTS} events at ${PER_SECOND}/s, above idle`);
  const perEvent = (figure: "packetsPerMs" | "bytesPerMs" | "cpuMsPerMs") =>
    (busy[figure] - idle[figure]) * busy.elapsedMs / EVENTS;
  recordEvents("lost", "% of deliveries", phase.lostPercent);
  recordEvents("UDP packets per event", "count", perEvent("packetsPerMs"));
  recordEvents("agents' CPU per event", "ms", perEvent("cpuMsPerMs"));
  const recordIdle = record("idle cluster");
  recordIdle("UDP packets", "/s", 1000 * idle.packetsPerMs);
  if (!countsBytes) return;
  recordEvents("IP bytes in UDP per event", "bytes", perEvent("bytesPerMs"));
  recordIdle("IP bytes in UDP", "bytes/s", 1000 * idle.bytesPerMs);
}

/** What happened on average in each millisecond of an action. */
interface Observation {
  readonly elapsedMs: number;
  readonly cpuMsPerMs: number;
  readonly packetsPerMs: number;
  readonly bytesPerMs: number;
}

async function observe(cluster: Cluster, action: () => Promise<void>): Promise<Observation> {
  const begun = performance.now();
  const cpuBefore = cluster.cpuMs;
  const before = networkCounters();
  const bytes = new UdpBytes(before);
  const timer = setInterval(() => bytes.sample(networkCounters()), SAMPLE_MS);
  await action();
  clearInterval(timer);
  const elapsedMs = performance.now() - begun;
  return {
    elapsedMs,
    cpuMsPerMs: (cluster.cpuMs - cpuBefore) / elapsedMs,
    packetsPerMs: (networkCounters().udpPackets - before.udpPackets) / elapsedMs,
    bytesPerMs: bytes.perMs,
  };
}

/**
 * The bytes of datagrams. The kernel counts them together with those of streams, so moments in which agents exchange
 * state are left out, and the average is taken over the others.
 */
class UdpBytes {
  #last: NetworkCounters;
  #lastAt = performance.now();
  #bytes = 0;
  #ms = 0;

  constructor(first: NetworkCounters) {
    this.#last = first;
  }

  sample(counters: NetworkCounters): void {
    const now = performance.now();
    if (counters.streams === this.#last.streams) {
      this.#bytes += counters.ipBytes - this.#last.ipBytes;
      this.#ms += now - this.#lastAt;
    }
    this.#last = counters;
    this.#lastAt = now;
  }

  get perMs(): number {
    return this.#bytes / this.#ms;
  }
}
