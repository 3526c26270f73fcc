/**
 * The swarm: simulated clusters with random faults, one for each seed, on all cores.
 *
 *     deno task swarm                               1,000 seeds from a random one on
 *     deno task swarm --from 1 --seeds 20000        these seeds
 *     deno task swarm --seeds 1000000 --minutes 60  as many as an hour allows
 *     deno task swarm --workers 1                   on one core
 *     deno task swarm --seed 7                      one seed, with all that its nodes log
 *     deno task swarm --seed 7 --keep 3,17          the same with only two of its faults; "none" for no faults
 *     deno task swarm --seed 7 --record DIR         the same, and records every process, for serf replay
 *
 * A seed decides everything about a run: size, settings, protocol versions and keys of the cluster (see `plan.ts`), and the
 * faults with their times (see `faults.ts`). At the end of a run faults cease, and the cluster has to come to rest (see
 * `rest.ts`). What must hold throughout and then is in `invariants/`. A run that fails is repeated with fewer and fewer
 * faults until all that are left are needed (see `shrink.ts`), and the command to replay that is printed.
 */

import { parseArgs } from "@std/cli/parse-args";
import { VERSION } from "../../lib/cli/version.ts";
import { SimulationRecording } from "../recording/simulation_recording.ts";
import { drawPlan } from "./plan.ts";
import { runSwarm } from "./swarm.ts";
import { describeFailure } from "./swarm_report.ts";
import { runPlan } from "./swarm_run.ts";

/** Between two lines about the progress. */
const PROGRESS_MS = 10_000;

const options = parseArgs(Deno.args, {
  string: ["from", "seeds", "minutes", "workers", "seed", "keep", "record"],
  unknown: (arg) => {
    throw new TypeError(`Cannot use argument: got "${arg}"`);
  },
});

/** The value of a flag, which must be a number above 0. */
function numberOf(flag: "from" | "seeds" | "minutes" | "workers" | "seed"): number | undefined {
  const text = options[flag];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value > 0) return value;
  throw new RangeError(`Cannot use --${flag}: got "${text}", expected a number above 0`);
}

/** The faults to keep; all of them if nothing is said. */
function faultsToKeep(): ReadonlySet<number> | undefined {
  if (options.keep === undefined) return undefined;
  const indices = String(options.keep).split(",").map(Number);
  return new Set(options.keep === "none" ? [] : indices);
}

function replay(seed: number): number {
  const plan = drawPlan(seed);
  console.log(`seed ${seed}: ${plan.nodes.length} nodes, ${JSON.stringify(plan.cluster)}`);
  const recording = options.record === undefined
    ? undefined
    : new SimulationRecording({ version: VERSION });
  const { failure } = runPlan(plan, { keep: faultsToKeep(), log: console.log, recording });
  recording?.write(String(options.record));
  if (failure === undefined) console.log(`seed ${seed} passes`);
  else console.log(`seed ${seed} violates ${failure.invariant}: ${failure.problem}`);
  return failure === undefined ? 0 : 1;
}

async function run(): Promise<number> {
  const from = numberOf("from") ?? 1 + Math.floor(Math.random() * 1e9);
  const seeds = numberOf("seeds") ?? 1_000;
  console.log(`seeds ${from} to ${from + seeds - 1}`);
  let shownAt = performance.now();
  let failuresShown = 0;
  const report = await runSwarm({
    from,
    seeds,
    minutes: numberOf("minutes"),
    workers: numberOf("workers"),
    onProgress: ({ progress, failures }) => {
      for (const failure of failures.slice(failuresShown)) console.log(describeFailure(failure));
      failuresShown = failures.length;
      if (performance.now() - shownAt < PROGRESS_MS) return;
      shownAt = performance.now();
      console.log(progress);
    },
  });
  console.log(String(report));
  return report.failures.length === 0 ? 0 : 1;
}

const seed = numberOf("seed");
Deno.exitCode = seed === undefined ? await run() : replay(seed);
