/** An agent as a process of its own, and the harness's connection to it. */

import { RpcClient } from "../../../lib/rpc/client/client.ts";
import { BUNDLE_FLAGS } from "../../../lib/packaging/compile.ts";
import {
  commandLine,
  type CommandResult,
  type Kind,
  noUpdateCheck,
  run,
} from "../../support/program.ts";
import { anySerf } from "../../support/serf_versions.ts";
import { GOSSIP_PORT } from "../../support/agent.ts";
import { cpuMsOf } from "../process_usage.ts";
import { sleep } from "../../support/sleep.ts";
import { rpcHost } from "./private_network.ts";

/** How many members an agent lists. */
export interface MemberCounts {
  readonly alive: number;
  readonly failed: number;
  readonly left: number;
}

/** Whose agent it is; the floor is a bare Deno program. */
export type AgentKind = "ours" | "serf" | "floor";

/** How an agent is started. */
export interface BenchAgentOptions {
  readonly name: string;
  readonly profile?: "lan" | "local";
}

const START_TIMEOUT_MS = 60_000;
const FIRST_RPC_PORT = 10_000;
const FLOOR_AGENT = new URL("floor_agent.ts", import.meta.url).pathname;

/** No agent has the address of one before it: what is left of an old cluster cannot reach a new one. */
let startedSoFar = 0;

/** Agents that run. */
const running = new Set<BenchAgent>();

/** Kills all agents, so that whoever waits for one sees it fail. */
export function killAllAgents(): void {
  for (const agent of running) agent.signal("SIGKILL");
}

/** A running agent. What it prints is thrown away. Disposing of it kills the process and waits for its end. */
export class BenchAgent implements AsyncDisposable {
  readonly kind: AgentKind;
  readonly name: string;
  /** Where it gossips, as others join it. */
  readonly address: string;
  readonly rpcAddress: string;
  readonly #child: Deno.ChildProcess;
  #client: RpcClient | undefined;
  #ended = false;

  constructor(kind: AgentKind, { name, profile = "lan" }: BenchAgentOptions) {
    const number = startedSoFar++;
    const ip = `127.20.${number >> 8}.${number & 255}`;
    const rpcPort = FIRST_RPC_PORT + number;
    this.kind = kind;
    this.name = name;
    this.address = `${ip}:${GOSSIP_PORT}`;
    this.rpcAddress = rpcHost.includes(":") ? `[${rpcHost}]:${rpcPort}` : `${rpcHost}:${rpcPort}`;
    const { program, args } = commandLineOf(kind, [
      "agent",
      `-node=${name}`,
      `-bind=${this.address}`,
      `-rpc-addr=${this.rpcAddress}`,
      `-profile=${profile}`,
    ]);
    this.#child = new Deno.Command(program, {
      args,
      env: noUpdateCheck,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    running.add(this);
    this.#child.status.then(() => {
      this.#ended = true;
      running.delete(this);
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Resolves when the process has ended. */
  get exit(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  /** Processor time so far, milliseconds. */
  get cpuMs(): number {
    return cpuMsOf(this.pid);
  }

  /** Tries to connect until the agent answers. */
  async ready({ retryMs }: { readonly retryMs: number }): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (this.#client === undefined) {
      try {
        this.#client = await this.connect();
      } catch (cause) {
        if (this.#ended || performance.now() > deadline) {
          throw new Error(`The ${this.kind} agent ${this.name} does not start`, { cause });
        }
        await sleep(retryMs);
      }
    }
  }

  /** A connection that stays open. */
  get client(): RpcClient {
    if (this.#client === undefined) throw new Error(`${this.name} is not ready`);
    return this.#client;
  }

  /** One more connection. */
  connect(): Promise<RpcClient> {
    return RpcClient.connect({ address: this.rpcAddress, timeoutMs: START_TIMEOUT_MS });
  }

  /** Runs a command of its program to the end. */
  command(...args: string[]): Promise<CommandResult> {
    return run(programOf(this.kind), args);
  }

  /** How many members it lists in each state. */
  async counts(): Promise<MemberCounts> {
    const { members, failed, left } = (await this.client.info()).serf;
    return {
      alive: Number(members) - Number(failed) - Number(left),
      failed: Number(failed),
      left: Number(left),
    };
  }

  /** Sends a signal, if the process still runs. */
  signal(signal: Deno.Signal): void {
    if (!this.#ended) this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.#child.status;
    await this.#client?.close();
  }
}

function commandLineOf(
  kind: AgentKind,
  args: readonly string[],
): { readonly program: string; readonly args: string[] } {
  if (kind !== "floor") return commandLine(programOf(kind), args);
  const flags = ["--no-prompt", ...BUNDLE_FLAGS, "--allow-net"];
  return { program: Deno.execPath(), args: ["run", ...flags, FLOOR_AGENT, ...args] };
}

function programOf(kind: AgentKind): Kind {
  if (kind === "ours") return kind;
  if (kind === "floor") throw new Error("There are no commands of the floor");
  if (anySerf === undefined) throw new Error("Cannot run Serf: there is none here");
  return anySerf;
}
