/** A number of agents that make up a cluster. */

import { sum } from "../statistics.ts";
import { type AgentKind, BenchAgent, type BenchAgentOptions } from "./bench_agent.ts";
import type { Composition, Trial } from "./benchmark.ts";
import { latest, pollUntil } from "./poll.ts";

/** What a cluster is made of. */
export interface ClusterOptions extends Omit<BenchAgentOptions, "name"> {
  readonly size: number;
}

/** How often a starting agent is tried: seldom enough not to slow down its start. */
const RETRY_MS = 25;
/** A cluster that is not complete by then has missed something that only the next state exchange will mend. */
const FORMATION_MS = 3_000;
/** How often agents that miss somebody are made to exchange state. */
const NUDGES = 5;

/** Whose agent the one at this place of a cluster is. */
export function kindOf(composition: Composition, place: number): AgentKind {
  if (composition !== "mixed") return composition;
  return place % 2 === 0 ? "ours" : "serf";
}

/** Running agents. Disposing of it kills them all. */
export class Cluster implements AsyncDisposable {
  /** All others join the first one. */
  readonly agents: readonly BenchAgent[];

  private constructor(agents: readonly BenchAgent[]) {
    this.agents = agents;
  }

  /** Starts agents that do not know each other. */
  static async start(
    composition: Composition,
    { size, profile }: ClusterOptions,
  ): Promise<Cluster> {
    const agents = Array.from(
      { length: size },
      (_, i) => new BenchAgent(kindOf(composition, i), { name: `n${i}`, profile }),
    );
    const cluster = new Cluster(agents);
    try {
      await Promise.all(agents.map((agent) => agent.ready({ retryMs: RETRY_MS })));
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts agents and sees to it that each lists all. */
  static async form(trial: Trial, options: ClusterOptions): Promise<Cluster> {
    const cluster = await Cluster.start(trial.composition, options);
    try {
      const since = performance.now();
      const joined = cluster.join();
      const times = await cluster.complete({ since, timeoutMs: FORMATION_MS });
      await joined;
      trial.formed(options.size, latest(times));
      await cluster.#nudge(times);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** How many agents there are. */
  get size(): number {
    return this.agents.length;
  }

  /** Processor time of all agents so far, milliseconds. */
  get cpuMs(): number {
    return sum(this.agents.map((agent) => agent.cpuMs));
  }

  /** Makes all agents join the first one at once. Returns how long each took, milliseconds; `undefined` for failures. */
  join(): Promise<(number | undefined)[]> {
    return Promise.all(this.agents.slice(1).map((agent) => this.#joinFirst(agent)));
  }

  /** Waits until each agent lists all as alive; returns when each did, as {@link pollUntil}. */
  complete(options: { since: number; timeoutMs: number }): Promise<(number | undefined)[]> {
    const condition = ({ alive }: { alive: number }) => alive === this.size;
    return pollUntil(this.agents, { condition, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.agents.map((agent) => agent[Symbol.asyncDispose]()));
  }

  async #joinFirst(agent: BenchAgent): Promise<number | undefined> {
    const begun = performance.now();
    try {
      await agent.client.join([this.agents[0].address]);
      return performance.now() - begun;
    } catch {
      return undefined;
    }
  }

  /** Lets agents that miss somebody exchange state with the first one. */
  async #nudge(times: readonly (number | undefined)[]): Promise<void> {
    let incomplete = this.agents.filter((_, i) => times[i] === undefined);
    for (let i = 0; i < NUDGES && incomplete.length > 0; i++) {
      await Promise.all(incomplete.map((agent) => this.#joinFirst(agent)));
      const since = performance.now();
      const done = await this.complete({ since, timeoutMs: FORMATION_MS });
      incomplete = this.agents.filter((_, i) => done[i] === undefined);
    }
    if (incomplete.length > 0) {
      throw new Error(`${incomplete.length} of ${this.size} agents do not list all members`);
    }
  }
}
