/** How fast an agent answers RPC. */

import type { RpcClient } from "../../../../lib/rpc/client/client.ts";
import { cpuMsOf, memoryOf } from "../../process_usage.ts";
import type { BenchAgent } from "../bench_agent.ts";
import type { Benchmark, Trial } from "../benchmark.ts";
import { Cluster } from "../cluster.ts";

const CONNECTIONS = 1_000;

interface Plan {
  readonly size: number;
  readonly seconds: number;
}

/** Rates and costs of RPC calls. */
export const rpc: Benchmark = {
  name: "rpc",
  cases({ quick }) {
    const plan = { size: quick ? 10 : 30, seconds: quick ? 2 : 4 };
    return [{
      label: `N=${plan.size}`,
      repetitions: quick ? 1 : 2,
      run: (trial) => run(trial, plan),
    }];
  },
};

async function run(trial: Trial, { size, seconds }: Plan): Promise<void> {
  await using cluster = await Cluster.form(trial, { size });
  const [agent] = cluster.agents;
  const prefix = `N=${size}, `;
  for (const inFlight of [1, 64]) {
    const variant = `${prefix}1 connection, ${inFlight} in flight`;
    await callMembers(trial, { agent, variant, inFlight, seconds });
  }
  await connectOften(trial, agent, `${prefix}${CONNECTIONS} connections at once`);
}

interface Load {
  readonly agent: BenchAgent;
  readonly variant: string;
  readonly inFlight: number;
  readonly seconds: number;
}

async function callMembers(
  trial: Trial,
  { agent, variant, inFlight, seconds }: Load,
): Promise<void> {
  const before = { agent: agent.cpuMs, harness: cpuMsOf(Deno.pid) };
  const begun = performance.now();
  const until = begun + seconds * 1000;
  let calls = 0;
  const callOn = async () => {
    while (performance.now() < until) {
      await agent.client.members();
      calls++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, callOn));
  const elapsedMs = performance.now() - begun;
  const agentMs = agent.cpuMs - before.agent;
  const harnessMs = cpuMsOf(Deno.pid) - before.harness;
  const record = (metric: string, unit: string, value: number) =>
    trial.record({ variant, metric, unit }, value);
  record("members calls", "/s", calls / elapsedMs * 1000);
  record("agent CPU per call", "µs", agentMs / calls * 1000);
  record("harness CPU meanwhile", "% of a core", 100 * harnessMs / elapsedMs);
}

async function connectOften(trial: Trial, agent: BenchAgent, variant: string): Promise<void> {
  const rssBefore = memoryOf(agent.pid).rss;
  const begun = performance.now();
  const dials = await Promise.allSettled(
    Array.from({ length: CONNECTIONS }, () => agent.connect()),
  );
  const connected = performance.now();
  const clients: RpcClient[] = dials
    .filter((dial) => dial.status === "fulfilled")
    .map(({ value }) => value);
  const calls = await Promise.allSettled(clients.map((client) => client.members()));
  const answered = performance.now();
  const failed = [...dials, ...calls].filter(({ status }) => status === "rejected").length;
  const record = (metric: string, unit: string, value: number) =>
    trial.record({ variant, metric, unit }, value);
  record("all handshakes answered", "ms", connected - begun);
  record("then one members call on each, all answered", "ms", answered - connected);
  record("failed", "count", failed);
  record("RSS growth", "MiB", memoryOf(agent.pid).rss - rssBefore);
  await Promise.all(clients.map((client) => client.close()));
}
