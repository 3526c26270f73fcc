/**
 * Agents under load for an hour, more or less: memory and descriptors must not grow, and nobody may be reported failed.
 *
 * @module
 */

import { Random } from "../../lib/sim/random.ts";
import { sleep } from "../support/sleep.ts";
import { anySerf } from "../support/serf_versions.ts";
import type { Kind } from "../support/program.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { Load, LOAD_ARGS } from "./load.ts";
import { ProcessWatch } from "./process_watch.ts";
import type { SoakOptions } from "./runs.ts";
import { WatchedCluster } from "./watched_cluster.ts";

const OURS = 5;
/** For comparison, if Serf is here. */
const SERFS = 2;

const SAMPLE_MS = 10_000;
/** Descriptors are counted before and after the run, without load and so long after it. */
const REST_MS = 10_000;
/** Load before the first count, so that everything has been used. */
const WARM_UP_MS = 60_000;
/** Of a run of an hour, memory is told of these parts: 10, 30 and 60 minutes. */
const TOLD = [1 / 6, 1 / 2, 1];
/** Shorter runs end while V8's heap still grows to the size that suits the load. */
const MINUTES_TO_WARM_UP = 30;
/** Garbage makes the figures of two agents under the same load differ by as much. */
const ALLOWED_GROWTH = 1.1;

/** Runs the load, prints a table, and throws if anything has grown. */
export async function longLoad({ minutes, log }: SoakOptions): Promise<void> {
  using directory = new TemporaryDirectory();
  const serfs = anySerf === undefined ? [] : new Array<Kind>(SERFS).fill(anySerf);
  await using cluster = await WatchedCluster.start({
    kinds: [...new Array<Kind>(OURS).fill("our bundle"), ...serfs],
    argsOf: (name) => [
      ...LOAD_ARGS,
      `-snapshot=${directory.file(name)}`,
      "-tag=role=soak",
    ],
  });
  const seed = Math.floor(Math.random() * 2 ** 32);
  log(`${cluster.members.length} agents, seed ${seed}`);
  const load = new Load(cluster, await cluster.network.addHost(), new Random(seed));
  const watches = cluster.members.map(({ agent }) => new ProcessWatch(agent));

  const loadFor = async (ms: number) => {
    try {
      await load.run(AbortSignal.timeout(ms));
    } catch (error) {
      // When the agents are killed after this, many clients fail.
      log(`The load has failed: ${Deno.inspect(error)}`);
      throw error;
    }
  };
  await loadFor(WARM_UP_MS);
  await sleep(REST_MS);
  const before = watches.map(({ openFiles }) => openFiles);

  const watching = setInterval(sample, SAMPLE_MS);
  const begun = performance.now();
  let shownMinute = 0;
  let shownReports = 0;
  function sample(): void {
    const minute = (performance.now() - begun) / 60_000;
    const samples = watches.map((watch) => watch.sample(minute));
    for (const { observer, member, output } of cluster.falseReports.slice(shownReports)) {
      log(`${observer} lists ${member} as failed\n${output}`);
    }
    shownReports = cluster.falseReports.length;
    if (minute < shownMinute) return;
    shownMinute++;
    const memory = samples.map((each) => each?.rss.toFixed(0)).join(" ");
    const descriptors = samples.map((each) => each?.descriptors).join(" ");
    const { events, queries, connections, visits } = load.counts;
    log(
      `${
        minute.toFixed(0)
      } min: RSS ${memory} MiB, descriptors ${descriptors}, ${events} events, ` +
        `${queries} queries, ${connections} clients, ${visits} visits, ` +
        `${cluster.falseReports.length} false reports`,
    );
  }
  try {
    await loadFor(minutes * 60_000);
  } finally {
    clearInterval(watching);
  }
  await sleep(REST_MS);
  const after = watches.map(({ openFiles }) => openFiles);

  const told = TOLD.map((part) => part * minutes);
  log(JSON.stringify(load.counts));
  log(
    `| agent | ${told.map((minute) => `RSS at ${+minute.toFixed(1)} min`).join(" | ")} ` +
      "| descriptors before | at most | after |",
  );
  const problems: string[] = [];
  for (const [i, watch] of watches.entries()) {
    const { name, kind } = watch.agent;
    const memory = told.map((minute) => watch.rssAt(minute, { minutes }));
    const cells = [...memory.map((rss) => `${rss.toFixed(1)} MiB`), before[i].length];
    const descriptors = [watch.mostDescriptors, after[i].length];
    log(`| ${[`${name}, ${kind}`, ...cells, ...descriptors].join(" | ")} |`);
    if (kind === anySerf) continue;
    if (after[i].length > before[i].length) {
      const lost = before[i].filter((file) => !after[i].includes(file)).join(", ");
      const added = after[i].filter((file) => !before[i].includes(file)).join(", ");
      problems.push(`${name} has more descriptors: it lost ${lost || "none"}, has new ${added}`);
    }
    if (minutes >= MINUTES_TO_WARM_UP && memory.at(-1)! > memory[0] * ALLOWED_GROWTH) {
      problems.push(`${name} had ${memory[0]} MiB, has ${memory.at(-1)} MiB`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
  cluster.assertNoFalseReports();
}
