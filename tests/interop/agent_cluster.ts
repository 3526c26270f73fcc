/** Agents in numbers. */

import { Agent, type AgentOptions } from "../support/agent.ts";
import type { Kind } from "../support/program.ts";
import { until } from "../support/until.ts";

/** An agent that is to be started. */
export interface Plan extends AgentOptions {
  readonly kind: Kind;
}

/** Agents that end together. */
export class AgentCluster implements AsyncDisposable {
  readonly #starts: Promise<Agent>[] = [];
  #disposed = false;

  /** Starts agents, all at once. If one does not come up, the others still belong to this cluster. */
  async start(plans: readonly Plan[]): Promise<Agent[]> {
    if (this.#disposed) throw new Error("Cannot start agents: the test is over");
    const starts = plans.map((plan) => Agent.start(plan.kind, plan));
    this.#starts.push(...starts);
    return await Promise.all(starts);
  }

  /** Starts agents and lets all of them join the first. Resolves when all see all alive. */
  async startJoined(plans: readonly Plan[]): Promise<Agent[]> {
    const agents = await this.start(plans);
    const [first, ...others] = agents;
    await Promise.all(others.map((agent) => join(agent, first.ip)));
    await allSee(agents, Object.fromEntries(agents.map(({ name }) => [name, "alive"])));
    return agents;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await Promise.allSettled(
      this.#starts.map(async (start) => (await start)[Symbol.asyncDispose]()),
    );
  }
}

/** Makes an agent join an address. */
export async function join(agent: Agent, address: string): Promise<void> {
  await using client = await agent.rpc();
  await client.join([address]);
}

/**
 * How long to wait. Gossip misses a member now and then, and state exchanges, which make up for that, are 30 s apart with
 * Serf's own settings; a few may go to others.
 */
const SEEN_TIMEOUT_MS = 120_000;

/** Waits until all of `observers` see exactly these statuses. */
export async function allSee(
  observers: readonly Agent[],
  expected: Readonly<Record<string, string>>,
  timeoutMs = SEEN_TIMEOUT_MS,
): Promise<void> {
  const wanted = sortedJson(expected);
  await Promise.all(observers.map(async (agent) => {
    let seen = "";
    await until(async () => (seen = sortedJson(await agent.statuses())) === wanted, {
      what: `${agent.kind} ${agent.name} sees ${wanted}`,
      detail: () => `It sees ${seen} and printed:\n${agent.output}`,
      timeoutMs,
    });
  }));
}

function sortedJson(record: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(record).toSorted()));
}
