/** What a simulated cluster of a size does: at rest, when nodes die, and when an event is sent. */

import { type Cluster, type SimNode, simulate } from "../../../lib/sim/mod.ts";
import { LogTimes } from "./log_times.ts";

/** How long nodes talk of their own start, virtual seconds. */
const CALM_SECONDS = 10;
/** How long the load at rest is measured, virtual seconds. */
const REST_SECONDS = 30;
/** Events and deaths follow each other after so many virtual milliseconds, at an odd phase of the protocol's ticks. */
const EVENT_GAP_MS = 2_037;
const DEATH_GAP_MS = 3_141;
/** How long everybody may take to learn of a death, virtual seconds. */
const DETECTION_SECONDS = 300;
const EVENTS = 5;

/** Figures of one cluster; times are virtual milliseconds. */
export interface Measured {
  /** Packets that each node sends per virtual second at rest. */
  readonly packets: number;
  /** From each death until the first node suspects, until the first declares it, and until the last knows. */
  readonly suspectedMs: readonly number[];
  readonly declaredMs: readonly number[];
  readonly knownMs: readonly number[];
  /** From the sending of an event until each node had it. */
  readonly eventMs: readonly number[];
  /** Nodes that were taken for dead and were not. */
  readonly falseFailures: number;
  /** Real seconds that the forming of the cluster took. */
  readonly formingSeconds: number;
  /** Virtual seconds that pass in a real second at rest. */
  readonly speed: number;
  /** Memory of the process in the end, bytes. */
  readonly residentBytes: number;
}

/** Measures one cluster, of which so many die. */
export function measure({ nodes, seed, deaths }: {
  readonly nodes: number;
  readonly seed: number;
  readonly deaths: number;
}): Measured {
  const times = new LogTimes();
  let formed = false;
  const begunAt = performance.now();
  const cluster = simulate({
    nodes,
    seed,
    join: "formed",
    keepEvents: 0,
    log: (line) => formed && times.add(line),
  });
  formed = true;
  const formedAt = performance.now();
  cluster.run({ seconds: CALM_SECONDS });
  const rest = measureRest(cluster);
  const eventMs = measureEvents(cluster, times);
  const detection = measureDeaths(cluster, times, cluster.nodes.slice(-deaths));
  const { rss: residentBytes } = Deno.memoryUsage();
  return {
    ...rest,
    ...detection,
    eventMs,
    formingSeconds: (formedAt - begunAt) / 1000,
    residentBytes,
  };
}

function measureRest(cluster: Cluster): Pick<Measured, "packets" | "speed"> {
  const { packets } = cluster.statistics;
  const begunAt = performance.now();
  cluster.run({ seconds: REST_SECONDS });
  const realSeconds = (performance.now() - begunAt) / 1000;
  return {
    packets: (cluster.statistics.packets - packets) / cluster.nodes.length / REST_SECONDS,
    speed: REST_SECONDS / realSeconds,
  };
}

function measureEvents(cluster: Cluster, times: LogTimes): number[] {
  const delays: number[] = [];
  for (let i = 0; i < EVENTS; i++) {
    const sender = cluster.node(i);
    const sentAt = cluster.now;
    sender.userEvent(`event-${i}`);
    cluster.run({ ms: EVENT_GAP_MS });
    const heardAt = times.of("serf: messageUserEventType:", `event-${i}`, sender.name);
    if (heardAt.length < cluster.nodes.length - 1) throw new Error(`Event ${i} got lost`);
    delays.push(...heardAt.map((atMs) => atMs - sentAt));
  }
  return delays;
}

function measureDeaths(
  cluster: Cluster,
  times: LogTimes,
  victims: readonly SimNode[],
): Pick<Measured, "suspectedMs" | "declaredMs" | "knownMs" | "falseFailures"> {
  const diedAt = new Map<SimNode, number>();
  for (const victim of victims) {
    diedAt.set(victim, cluster.now);
    victim.kill();
    cluster.run({ ms: DEATH_GAP_MS });
  }
  for (const { name } of victims) {
    cluster.runUntil(() => cluster.allSee(name, "failed"), { seconds: DETECTION_SECONDS });
  }
  const since = (death: SimNode, atMs: number) => atMs - (diedAt.get(death) ?? NaN);
  const failed = victims.map((victim) => {
    const knownAt = times.of("serf: EventMemberFailed:", victim.name);
    return { victim, first: knownAt[0], last: knownAt[knownAt.length - 1] };
  });
  return {
    suspectedMs: victims.map((victim) =>
      since(victim, times.of("memberlist: Suspect", victim.name)[0])
    ),
    declaredMs: failed.map(({ victim, first }) => since(victim, first)),
    knownMs: failed.map(({ victim, last }) => since(victim, last)),
    falseFailures:
      cluster.running.filter(({ name }) => times.of("serf: EventMemberFailed:", name).length > 0)
        .length,
  };
}
