/**
 * Agents as processes in a faulty network, and every report of one that another has failed.
 *
 * @module
 */

import type { MemberStatus, RpcClient } from "../../lib/rpc/client/client.ts";
import { Agent } from "../support/agent.ts";
import type { Kind } from "../support/program.ts";
import { sleep } from "../support/sleep.ts";
import { FaultyNetwork, type Host } from "./faulty_network.ts";

/** An agent said that a member has failed. */
export interface FailureReport {
  readonly observer: string;
  readonly member: string;
  /** What both had printed last, if the member is one of the cluster. */
  readonly output: string;
}

/** An agent and where it is. */
export interface Member {
  readonly agent: Agent;
  readonly host: Host;
}

/** How the members are started. */
export interface ClusterOptions {
  /** One for each member. */
  readonly kinds: readonly Kind[];
  /** Arguments of the agent with this name. */
  readonly argsOf?: (name: string) => readonly string[];
}

/** Asking ten agents takes some milliseconds of all of them, which have other things to do. */
const POLL_MS = 500;

/** Longer than it takes members to agree, also on a busy machine. Serf tries again every 30 s to reach who has failed. */
const CONVERGENCE_LIMIT_MS = 120_000;

/** So much of what an agent has printed last is shown when something is wrong, characters. */
const SHOWN_OUTPUT = 4_000;

/** A cluster in which everybody has joined. Disposing of it kills the agents. */
export class WatchedCluster implements AsyncDisposable {
  readonly network: FaultyNetwork;
  /** Reports about members that run and can be reached, by such members. */
  readonly falseReports: FailureReport[] = [];
  #members: readonly Member[] = [];
  /** Names of members of which no reports count, whether they are about them or by them. */
  readonly #unreachable = new Set<string>();
  #disposed = false;

  private constructor(network: FaultyNetwork) {
    this.network = network;
  }

  /** Starts the agents at once, lets them join the first, and waits until all list all as alive. */
  static async start(options: ClusterOptions): Promise<WatchedCluster> {
    const cluster = new WatchedCluster(await FaultyNetwork.create());
    try {
      await cluster.#form(options);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** In the order of the options. */
  get members(): readonly Member[] {
    return this.#members;
  }

  /** Reports about a member, or by it, do not count while `action` runs and until all list all as alive again. */
  async whileUnreachable(member: Member, action: () => Promise<void>): Promise<void> {
    this.#unreachable.add(member.agent.name);
    await action();
    await this.converge();
    this.#unreachable.delete(member.agent.name);
  }

  /** Waits until all list all as alive. */
  async converge(): Promise<void> {
    await this.#allList(this.#members, "alive");
  }

  /** Waits until all others list a member as failed. */
  async miss(missing: Member): Promise<void> {
    await this.#allList([missing], "failed", this.#members.filter((each) => each !== missing));
  }

  /** Throws if there was a false report. */
  assertNoFalseReports(): void {
    if (this.falseReports.length === 0) return;
    throw new Error(
      this.falseReports.map(({ observer, member, output }) =>
        `${observer} lists ${member} as failed\n${output}`
      ).join("\n"),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await Promise.all(this.#members.map(({ agent }) => agent[Symbol.asyncDispose]()));
    await this.network[Symbol.asyncDispose]();
  }

  async #form({ kinds, argsOf = () => [] }: ClusterOptions): Promise<void> {
    this.#members = await Promise.all(kinds.map(async (kind, index) => {
      const name = `n${index + 1}`;
      const host = await this.network.addHost();
      return { host, agent: await Agent.start(kind, { name, ...host, args: argsOf(name) }) };
    }));
    const [first, ...others] = this.#members;
    await Promise.all(others.map(async ({ agent }) => {
      await using client = await agent.rpc();
      await client.join([first.agent.address]);
    }));
    await this.converge();
    for (const { agent } of this.#members) {
      this.#watch(agent, await agent.rpc());
      this.#expectToRun(agent);
    }
  }

  /** Follows the failures that an agent reports, until its end. */
  async #watch(agent: Agent, client: RpcClient): Promise<void> {
    const observer = agent.name;
    try {
      for await (const { members } of await client.events({ types: ["member-failed"] })) {
        for (const { name: member } of members) {
          if (this.#unreachable.has(observer) || this.#unreachable.has(member)) continue;
          this.falseReports.push({ observer, member, output: this.#output(observer, member) });
        }
      }
    } catch {
      // The agent was killed, which ends the cluster.
    }
  }

  /** An agent that ends before the cluster ends the run, as nobody handles that. */
  async #expectToRun(agent: Agent): Promise<void> {
    const code = await agent.exit;
    if (!this.#disposed) throw this.#failure([`${agent.name} has ended with ${code}`]);
  }

  /** Throws what members list and have printed if they do not list others so for too long. */
  async #allList(
    members: readonly Member[],
    status: MemberStatus,
    observers = this.#members,
  ): Promise<void> {
    const deadline = performance.now() + CONVERGENCE_LIMIT_MS;
    for (;;) {
      const problems = (await Promise.all(observers.map(async ({ agent: observer }) => {
        const statuses = await observer.statuses();
        return members.filter(({ agent: { name } }) => statuses[name] !== status)
          .map(({ agent: { name } }) => `${observer.name} lists ${name} as ${statuses[name]}`);
      }))).flat();
      if (problems.length === 0) return;
      if (performance.now() > deadline) throw this.#failure(problems);
      await sleep(POLL_MS);
    }
  }

  #failure(problems: readonly string[]): Error {
    const names = this.#members.map(({ agent }) => agent.name);
    return new Error(`${problems.join("\n")}\n${this.#output(...names)}`);
  }

  #output(...names: readonly string[]): string {
    return this.#members.filter(({ agent }) => names.includes(agent.name))
      .map(({ agent: { name, kind, output } }) =>
        `${name}, ${kind}: …${output.slice(-SHOWN_OUTPUT)}`
      ).join("\n");
  }
}
