/** How soon a new agent can be asked something. */

import { BenchAgent } from "../bench_agent.ts";
import type { Benchmark, Trial } from "../benchmark.ts";

/** How often the agent is tried while it starts. */
const RETRY_MS = 1;

/** From the start of a process to its first answer. */
export const startup: Benchmark = {
  name: "startup",
  cases: ({ quick }) => [{ label: "1 agent", repetitions: quick ? 5 : 11, run }],
};

async function run(trial: Trial): Promise<void> {
  const begun = performance.now();
  await using agent = new BenchAgent(trial.composition === "ours" ? "ours" : "serf", {
    name: "n0",
  });
  await agent.ready({ retryMs: RETRY_MS });
  trial.record(
    { variant: "1 agent", metric: "spawn to RPC handshake", unit: "ms" },
    performance.now() - begun,
  );
}
