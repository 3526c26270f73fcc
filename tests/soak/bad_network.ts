/**
 * Ten agents in a network that loses packets, cuts one of them off or does both, on a machine that stops some of them.
 *
 * @module
 */

import { assertAlmostEquals } from "@std/assert";
import { sleep } from "../support/sleep.ts";
import type { Kind } from "../support/program.ts";
import type { NetworkFaults } from "./faulty_network.ts";
import type { SoakOptions } from "./runs.ts";
import { type Member, WatchedCluster } from "./watched_cluster.ts";

const AGENTS = 10;
const LOSS_PERCENT = 25;
/** What the kernel drops of some thousands of packets differs from that by less. */
const LOSS_TOLERANCE = 5;
/** Shorter than a suspect has to defend itself. */
const STOP_MS = 3_000;
/** A cut, until the others have noticed that and its end, and then the stops. */
const ROUND_MS = 50_000;
/** After a fault, time for what it may have caused. */
const QUIET_MS = 10_000;
const PROGRESS_MS = 30_000;

/** What the agents are: all ours, or in turn ours and of Serf. */
export function composition(serf?: Kind): Kind[] {
  return Array.from({ length: AGENTS }, (_, i) => i % 2 === 1 && serf ? serf : "our bundle");
}

/** A quarter of all UDP packets is lost. With TCP nobody may be reported failed because of it. */
export async function loss(
  { kinds, minutes, log, noTcp }: SoakOptions & { kinds: readonly Kind[]; noTcp: boolean },
): Promise<void> {
  await using cluster = await WatchedCluster.start({ kinds });
  using _progress = showProgress(cluster, log);
  await cluster.network.setFaults({ udpLossPercent: LOSS_PERCENT, noTcp });
  await sleep(minutes * 60_000);
  const lost = await cluster.network.lostPercent();
  assertAlmostEquals(lost, LOSS_PERCENT, LOSS_TOLERANCE);
  if (!noTcp) cluster.assertNoFalseReports();
  const reports = cluster.falseReports;
  const members = new Set(reports.map(({ member }) => member)).size;
  log(
    `${lost.toFixed(1)} % lost, ${reports.length} false reports, of ${members} members, ` +
      `in ${minutes} minutes`,
  );
  await cluster.network.setFaults({});
  await cluster.converge();
}

/** One member after the other is heard by nobody for a while, and two are stopped for a moment. */
export async function cuts(
  { kinds, minutes, log, faults = {} }: SoakOptions & {
    kinds: readonly Kind[];
    faults?: NetworkFaults;
  },
): Promise<void> {
  await using cluster = await WatchedCluster.start({ kinds });
  using _progress = showProgress(cluster, log);
  await cluster.network.setFaults(faults);
  const deadline = performance.now() + minutes * 60_000;
  for (let round = 0; performance.now() < deadline - ROUND_MS; round++) {
    const [cut, ...others] = rotated(cluster.members, round);
    log(`${cut.agent.name} is not heard`);
    await cluster.whileUnreachable(cut, async () => {
      await cluster.network.setFaults({ ...faults, muted: [cut.host] });
      await cluster.miss(cut);
      await cluster.network.setFaults(faults);
    });
    log(`all list all as alive`);
    // While it heard no acks, the one has suspected others, who have not all refuted that yet.
    await sleep(QUIET_MS);
    log(`two are stopped for ${STOP_MS / 1_000} s each`);
    const [first, second] = others;
    await Promise.all([stop(first), sleep(STOP_MS / 2).then(() => stop(second))]);
    await sleep(QUIET_MS);
  }
  cluster.assertNoFalseReports();
  await cluster.network.setFaults({});
  await cluster.converge();
}

/** Both at once. */
export function everything(options: SoakOptions & { kinds: readonly Kind[] }): Promise<void> {
  return cuts({ ...options, faults: { udpLossPercent: LOSS_PERCENT } });
}

async function stop({ agent }: Member): Promise<void> {
  agent.signal("SIGSTOP");
  await sleep(STOP_MS);
  agent.signal("SIGCONT");
}

function rotated<T>(values: readonly T[], by: number): T[] {
  const start = by % values.length;
  return [...values.slice(start), ...values.slice(0, start)];
}

function showProgress(cluster: WatchedCluster, log: (line: string) => void): Disposable {
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += PROGRESS_MS / 1_000;
    log(`${seconds} s, ${cluster.falseReports.length} false reports`);
  }, PROGRESS_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
