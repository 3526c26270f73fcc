/** How long a command takes, from start to end of its process, and how much of that the processor. */

import { noUpdateCheck } from "../../../support/program.ts";
import { TemporaryDirectory } from "../../../support/temporary_directory.ts";
import type { Benchmark, Trial } from "../benchmark.ts";
import { Cluster } from "../cluster.ts";
import { endedChildrenMs } from "../../process_usage.ts";

/** The duration of `serf members` and `serf version`. */
export const cli: Benchmark = {
  name: "cli",
  cases({ quick }) {
    const plan = quick ? { size: 10, runs: 10 } : { size: 30, runs: 25 };
    return [{ label: `N=${plan.size}`, repetitions: 1, run: (trial) => run(trial, plan) }];
  },
};

async function run(trial: Trial, { size, runs }: { size: number; runs: number }): Promise<void> {
  await using cluster = await Cluster.form(trial, { size });
  const [agent] = cluster.agents;
  await measure(trial, { variant: `N=${size}`, what: "members command", runs }, async () => {
    const { code, stdout } = await agent.command("members", `-rpc-addr=${agent.rpcAddress}`);
    const lines = stdout.trimEnd().split("\n").length;
    if (code !== 0 || lines !== size) {
      throw new Error(`members ended with ${code} and listed ${lines} of ${size}`);
    }
  });
  await measure(trial, { variant: "", what: "version command", runs }, async () => {
    const { code } = await agent.command("version");
    if (code !== 0) throw new Error(`version ended with ${code}`);
  });
  if (trial.composition === "ours") await measureEmptyScript(trial, runs);
}

/** What Deno takes by itself. */
async function measureEmptyScript(trial: Trial, runs: number): Promise<void> {
  using directory = new TemporaryDirectory();
  const script = directory.file("empty.js");
  await Deno.writeTextFile(script, "");
  const args = ["run", "--no-config", script];
  await measure(trial, { variant: "", what: "empty script", runs }, async () => {
    await new Deno.Command(Deno.execPath(), { args, env: noUpdateCheck }).output();
  });
}

/** Runs processes one after the other. The clock of their processor time is coarse, so it gives only the mean. */
async function measure(
  trial: Trial,
  { variant, what, runs }: { readonly variant: string; readonly what: string; runs: number },
  runProcess: () => Promise<void>,
): Promise<void> {
  const cpuBefore = endedChildrenMs();
  for (let i = 0; i < runs; i++) {
    const begun = performance.now();
    await runProcess();
    const metric = `${what}, whole process`;
    trial.record({ variant, metric, unit: "ms" }, performance.now() - begun);
  }
  const metric = `${what}, CPU`;
  trial.record({ variant, metric, unit: "ms" }, (endedChildrenMs() - cpuBefore) / runs);
}
