/**
 * `deno task bench:reference`: our agents and those of Serf in turn, as real processes in one run, so that the
 * figures can be compared. As root it runs in a network of its own, in which only gossip is counted.
 *
 *     deno task bench:reference --quick              less of everything, under 5 minutes
 *     deno task bench:reference --only join,event    some benchmarks
 *     deno task bench:reference --repeat 5           each case so many times
 *     deno task bench:reference --floor              also bare Deno programs, where they can do what it takes
 *     deno task bench:reference --markdown FILE      the table in Markdown, too
 */

import { parseArgs } from "@std/cli/parse-args";
import { anySerf } from "../support/serf_versions.ts";
import { killAllAgents } from "./cluster/bench_agent.ts";
import type { Benchmark, Case, Composition } from "./cluster/benchmark.ts";
import { burst } from "./cluster/measurements/burst.ts";
import { cli } from "./cluster/measurements/cli.ts";
import { cold } from "./cluster/measurements/cold.ts";
import { crowd } from "./cluster/measurements/crowd.ts";
import { event } from "./cluster/measurements/event.ts";
import { eventCost } from "./cluster/measurements/event_cost.ts";
import { failure } from "./cluster/measurements/failure.ts";
import { firstEvent } from "./cluster/measurements/first_event.ts";
import { Formations } from "./cluster/formations.ts";
import { idle } from "./cluster/measurements/idle.ts";
import { join } from "./cluster/measurements/join.ts";
import { leave } from "./cluster/measurements/leave.ts";
import { enterPrivateNetwork, networkIsPrivate } from "./cluster/private_network.ts";
import { query } from "./cluster/measurements/query.ts";
import { rpc } from "./cluster/measurements/rpc.ts";

import { throughput } from "./cluster/measurements/throughput.ts";
import { describeMachine } from "./machine.ts";
import { Report } from "./report.ts";
import { chosen, refuseUnknown } from "./selection.ts";
import { formatMarkdown, formatTable } from "./table.ts";

const benchmarks: readonly Benchmark[] = [
  cold,
  idle,
  join,
  event,
  firstEvent,
  throughput,
  burst,
  eventCost,
  query,
  failure,
  rpc,
  cli,
  leave,
  crowd,
];

/** No trial takes so long, unless something hangs. */
const TRIAL_LIMIT_MS = 240_000;

const options = parseArgs(Deno.args, {
  string: ["only", "repeat", "markdown"],
  boolean: ["quick", "floor"],
  unknown: refuseUnknown,
});
const selected = chosen(benchmarks, options.only);
const repeatEach = options.repeat === undefined ? undefined : Number(options.repeat);
if (repeatEach !== undefined && !(repeatEach >= 1)) {
  throw new RangeError(`Cannot repeat: got "${options.repeat}", expected a number from 1`);
}
await enterPrivateNetwork(import.meta.url);

const report = new Report();
const formations = new Formations();
const machine = {
  ...describeMachine(),
  "private network": String(networkIsPrivate),
  quick: String(options.quick),
};
console.log(machine);
const begun = performance.now();
for (const benchmark of selected) {
  for (const each of benchmark.cases({ quick: options.quick === true })) {
    await repeat(benchmark, each);
  }
}
formations.report(report);
const seconds = ((performance.now() - begun) / 1000).toFixed(0);
const loadAfter = Deno.loadavg().map((load) => load.toFixed(2)).join(" ");
console.log(`${formatTable(report.rows)}\n${seconds} s, load average after: ${loadAfter}`);
if (options.markdown !== undefined) {
  const facts = Object.entries({ ...machine, seconds, "load average after": loadAfter })
    .map(([name, value]) => `* ${name}: ${value}`);
  const text = [formatMarkdown(report.rows), "", ...facts, ""].join("\n");
  Deno.writeTextFileSync(String(options.markdown), text);
}

/** Runs a case again and again; within a repetition all compositions have their turn. */
async function repeat(benchmark: Benchmark, each: Case): Promise<void> {
  const repetitions = repeatEach ?? each.repetitions;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const composition of compositionsOf(each)) {
      await attempt(benchmark, each, { composition, repetition });
    }
  }
}

function compositionsOf({ mixed, floor }: Case): readonly Composition[] {
  const compositions: Composition[] = ["ours"];
  if (anySerf !== undefined) compositions.push("serf");
  if (anySerf !== undefined && mixed) compositions.push("mixed");
  if (options.floor && floor) compositions.push("floor");
  return compositions;
}

/** Runs one trial; one that fails or hangs is reported, and leaves no samples. */
async function attempt(
  { name }: Benchmark,
  { label, run }: Case,
  turn: { readonly composition: Composition; readonly repetition: number },
): Promise<void> {
  const title = `${name} ${label} ${turn.composition} #${turn.repetition + 1}`;
  console.error(title);
  const limit = setTimeout(killAllAgents, TRIAL_LIMIT_MS);
  try {
    await run({
      ...turn,
      record: (row, ...samples) =>
        report.add(turn.composition, { benchmark: name.replaceAll("-", " "), ...row }, ...samples),
      formed: (size, tookMs) => formations.add(turn.composition, size, tookMs),
    });
  } catch (error) {
    console.error(`${title} failed:`, error);
  } finally {
    clearTimeout(limit);
  }
}
