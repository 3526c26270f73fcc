/** How long a command takes, from start to end of its process. */

import { run as runCommand } from "../../../support/program.ts";
import type { Benchmark, Trial } from "../benchmark.ts";
import { Cluster } from "../cluster.ts";

/** The duration of `serf members`. */
export const cli: Benchmark = {
  name: "cli",
  cases({ quick }) {
    const plan = quick ? { size: 10, runs: 10 } : { size: 30, runs: 25 };
    return [{ label: `N=${plan.size}`, repetitions: 1, run: (trial) => run(trial, plan) }];
  },
};

async function run(trial: Trial, { size, runs }: { size: number; runs: number }): Promise<void> {
  await using cluster = await Cluster.form(trial, { size });
  const [{ kind, rpcAddress }] = cluster.agents;
  for (let i = 0; i < runs; i++) {
    const begun = performance.now();
    const { code, stdout } = await runCommand(kind, ["members", `-rpc-addr=${rpcAddress}`]);
    const tookMs = performance.now() - begun;
    const lines = stdout.trimEnd().split("\n").length;
    if (code !== 0 || lines !== size) {
      throw new Error(`members ended with ${code} and listed ${lines} of ${size}`);
    }
    trial.record(
      { variant: `N=${size}`, metric: "members command, whole process", unit: "ms" },
      tookMs,
    );
  }
}
