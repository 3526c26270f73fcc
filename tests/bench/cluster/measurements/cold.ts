/** What agents and a command take before anything is warm: a start, memory at rest, the first join, `serf members`. */

import { noUpdateCheck } from "../../../support/program.ts";
import { sleep } from "../../../support/sleep.ts";
import { TemporaryDirectory } from "../../../support/temporary_directory.ts";
import { endedChildrenMs, memoryOf } from "../../process_usage.ts";
import { BenchAgent } from "../bench_agent.ts";
import type { Benchmark, Trial } from "../benchmark.ts";
import { kindOf } from "../cluster.ts";

/** How often an agent is tried while it starts. */
const RETRY_MS = 1;
/** What an agent has begun at its start is over by then. */
const SETTLE_MS = 1_000;
/** So long after a join its messages have been passed on. */
const JOIN_MS = 500;
/** Processor time of ended processes is counted in ticks of 10 ms, so that many are needed. */
const COMMANDS = 20;

/** Two fresh agents, one of which joins the other, and a command that lists them. */
export const cold: Benchmark = {
  name: "cold",
  cases: ({ quick }) => [{ label: "2 agents", repetitions: quick ? 5 : 11, floor: true, run }],
};

async function run(trial: Trial): Promise<void> {
  const record = (metric: string, unit: string, value: number) =>
    trial.record({ variant: "", metric, unit }, value);
  await using first = await start(trial, "n0");
  await using second = await start(trial, "n1");
  await sleep(SETTLE_MS);
  for (const { pid } of [first, second]) {
    record("RSS before the first join", "MiB", memoryOf(pid).rss);
  }
  const cpuBefore = first.cpuMs + second.cpuMs;
  const begun = performance.now();
  await second.client.join([first.address]);
  record("first join", "ms", performance.now() - begun);
  await sleep(JOIN_MS);
  record("first join, CPU of each agent", "ms", (first.cpuMs + second.cpuMs - cpuBefore) / 2);
  if (trial.composition === "floor") return;
  const members = await meanCpuMs(async () => {
    const { code, stdout } = await first.command("members", `-rpc-addr=${first.rpcAddress}`);
    const lines = stdout.trimEnd().split("\n").length;
    if (code !== 0 || lines !== 2) throw new Error(`members ended with ${code}: ${lines} lines`);
  });
  record("members command, CPU", "ms", members);
  if (first.kind !== "ours") return;
  const empty = await measureEmptyScript();
  record("empty script, CPU", "ms", empty);
  record("members command, CPU / empty script", "", members / empty);
}

/** Starts an agent and records what that takes until it answers. */
async function start(trial: Trial, name: string): Promise<BenchAgent> {
  const begun = performance.now();
  const agent = new BenchAgent(kindOf(trial.composition, 0), { name });
  await agent.ready({ retryMs: RETRY_MS });
  const tookMs = performance.now() - begun;
  const record = (metric: string, value: number) =>
    trial.record({ variant: "", metric, unit: "ms" }, value);
  record("spawn to RPC handshake, CPU", agent.cpuMs);
  record("spawn to RPC handshake", tookMs);
  return agent;
}

/** What Deno takes by itself. */
async function measureEmptyScript(): Promise<number> {
  using directory = new TemporaryDirectory();
  directory.write({ "empty.js": "" });
  const args = ["run", "--no-config", directory.file("empty.js")];
  return await meanCpuMs(async () => {
    await new Deno.Command(Deno.execPath(), { args, env: noUpdateCheck }).output();
  });
}

async function meanCpuMs(runProcess: () => Promise<void>): Promise<number> {
  const before = endedChildrenMs();
  for (let i = 0; i < COMMANDS; i++) await runProcess();
  return (endedChildrenMs() - before) / COMMANDS;
}
