/**
 * Agents as child processes, ours and Serf's.
 *
 * Each has an address of its own, and none a default port, so that tests can run side by side and beside any other agent:
 * one that listens on 0.0.0.0:7946 has that port of all addresses.
 *
 * @module
 */

import { type Member, RpcClient } from "../../lib/rpc/client/client.ts";
import { dial } from "../../lib/rpc/client/dial.ts";
import { commandLine, type CommandResult, type Kind, run } from "./program.ts";
import { localAddress } from "./local_addresses.ts";
import { TABLE_VERSIONS } from "./serf_versions.ts";
import { until } from "./until.ts";

/** Where the agents of all tests listen for gossip. */
export const GOSSIP_PORT = 17946;

/** Where the agents of all tests answer RPC. */
export const RPC_PORT = 17373;

/** How an agent is started. */
export interface AgentOptions {
  readonly name: string;
  /** For gossip ({@link GOSSIP_PORT}) and for RPC ({@link RPC_PORT}); one that nobody else has, unless told otherwise. */
  readonly ip?: string;
  /** Default: {@link RPC_PORT} of its address. */
  readonly rpcAddress?: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** A program that runs the agent's, with its arguments. */
  readonly through?: readonly string[];
}

/** Where our agents are recorded, if the environment says so, to see what happened in a test that failed. */
const recordingFolder = Deno.env.get("SERF_TEST_RECORD");

function recordingArgs(kind: Kind, name: string): string[] {
  const isSerf = (TABLE_VERSIONS as readonly Kind[]).includes(kind);
  if (recordingFolder === undefined || isSerf) return [];
  return [`-record=${recordingFolder}/${encodeURIComponent(name)}`];
}

/** A running agent. Disposing of it kills the process and waits for its end. */
export class Agent implements AsyncDisposable {
  readonly kind: Kind;
  readonly name: string;
  readonly ip: string;
  /** Where it answers RPC. */
  readonly rpcAddress: string;
  /** Its exit code; death by a signal counts as 128 and the signal's number. */
  readonly exit: Promise<number>;
  readonly #child: Deno.ChildProcess;
  readonly #readers: Promise<void>[];
  #output = "";
  #client: Promise<RpcClient> | undefined;

  private constructor(
    kind: Kind,
    { name, ip, rpcAddress }: Readonly<Record<"name" | "ip" | "rpcAddress", string>>,
    child: Deno.ChildProcess,
  ) {
    this.kind = kind;
    this.name = name;
    this.ip = ip;
    this.rpcAddress = rpcAddress;
    this.exit = child.status.then(({ code }) => code);
    this.#child = child;
    this.#readers = [child.stdout, child.stderr].map((stream) => this.#collect(stream));
  }

  /** Starts an agent and waits until it answers RPC. Throws with its output if it ends before. */
  static async start(kind: Kind, options: AgentOptions): Promise<Agent> {
    const agent = Agent.spawn(kind, options);
    try {
      await until(async () => {
        const ended = await Promise.race([agent.exit, Promise.resolve(undefined)]);
        if (ended !== undefined) throw new Error(`The agent ended with ${ended}:\n${agent.output}`);
        if (!agent.output.includes("Log data will now stream in")) return false;
        try {
          (await dial(agent.rpcAddress, { timeoutMs: 10_000 })).close();
          return true;
        } catch {
          return false;
        }
      }, { what: `${kind} agent ${options.name} answers RPC`, detail: () => agent.output });
      return agent;
    } catch (error) {
      await agent[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts an agent that is not expected to come up. */
  static spawn(kind: Kind, options: AgentOptions): Agent {
    const { name, ip = localAddress(), args = [], cwd, env = {}, through = [] } = options;
    const { rpcAddress = `${ip}:${RPC_PORT}` } = options;
    const line = commandLine(kind, [
      "agent",
      `-node=${name}`,
      `-bind=${ip}:${GOSSIP_PORT}`,
      `-rpc-addr=${rpcAddress}`,
      ...recordingArgs(kind, name),
      ...args,
    ]);
    const [program, ...rest] = [...through, line.program, ...line.args];
    const child = new Deno.Command(program, {
      args: rest,
      cwd,
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new Agent(kind, { name, ip, rpcAddress }, child);
  }

  /** Where it listens for gossip. */
  get address(): string {
    return `${this.ip}:${GOSSIP_PORT}`;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Everything it has printed so far, both streams. */
  get output(): string {
    return this.#output;
  }

  /** Sends a signal. */
  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Runs a command line of either kind against this agent. */
  cli(kind: Kind, command: string, ...args: string[]): Promise<CommandResult> {
    return run(kind, [command, `-rpc-addr=${this.rpcAddress}`, ...args]);
  }

  /** A connection to its RPC interface. */
  rpc(): Promise<RpcClient> {
    return RpcClient.connect({ address: this.rpcAddress });
  }

  /** Its members, asked over one connection that is kept. */
  async members(): Promise<readonly Member[]> {
    this.#client ??= this.rpc();
    return await (await this.#client).members();
  }

  /** Member statuses by name, as it sees them. */
  async statuses(): Promise<Record<string, string>> {
    return Object.fromEntries((await this.members()).map(({ name, status }) => [name, status]));
  }

  /** Waits until it has printed a text. */
  async printed(text: string | RegExp): Promise<void> {
    const found = () =>
      typeof text === "string" ? this.#output.includes(text) : text.test(this.#output);
    await until(found, { what: `${this.name} prints ${text}`, detail: () => this.#output });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#client)?.close();
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#child.status;
    await Promise.all(this.#readers);
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) this.#output += text;
  }
}
