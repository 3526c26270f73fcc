/** How soon a new agent can be asked something, and what the processor has done by then. */

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
  const tookMs = performance.now() - begun;
  const record = (metric: string, value: number) =>
    trial.record({ variant: "1 agent", metric, unit: "ms" }, value);
  record("spawn to RPC handshake", tookMs);
  record("spawn to RPC handshake, CPU", agent.cpuMs);
}
