/**
 * Real agents and real command lines, ours and the reference's, as child processes.
 *
 * Every test uses addresses of its own in 127.0.0.0/8, and no agent a default port, so that tests can run side by side
 * and beside any other agent: one that listens on 0.0.0.0:7946 has that port of all these addresses.
 */

import { RpcClient, type RpcMember } from "../../lib/rpc/client/client.ts";

/** Whose program it is. */
export type Kind = "ours" | "reference";

/** What a finished command said. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const root = new URL("../../", import.meta.url);

/** Where the agents of all tests listen for gossip. */
export const GOSSIP_PORT = 17946;

/** Where the agents of all tests answer RPC. */
export const RPC_PORT = 17373;

/** Our program: the sources, or what the environment names instead, such as `SERF_MAIN=dist/bundle/main.js`. */
export const ourProgram: string = Deno.env.get("SERF_MAIN") ?? "main.ts";

/** A bundle needs nothing of deno.json but the unstable API of datagrams. */
const bundleFlags = ["--no-config", "--unstable-net"];

/** The permissions that an agent needs, and no others. */
export const agentPermissions = [
  "--allow-net",
  "--allow-sys=hostname,networkInterfaces",
  "--allow-env",
  "--allow-read",
  "--allow-write",
  "--allow-run",
];
const clientPermissions = ["--allow-net", "--allow-env"];

/** The program and the arguments that run one command line. */
export function commandLine(
  kind: Kind,
  args: readonly string[],
): { program: string; args: string[] } {
  if (kind === "reference") return { program: "serf", args: [...args] };
  const permissions = args[0] === "agent" ? agentPermissions : clientPermissions;
  const flags = ["--no-prompt", ...ourProgram.endsWith(".js") ? bundleFlags : []];
  const main = new URL(ourProgram, root).pathname;
  return { program: Deno.execPath(), args: ["run", ...flags, ...permissions, main, ...args] };
}

/** Why tests against the reference cannot run here; `undefined` where they can. */
export const referenceMissing: string | undefined = findReference();

function findReference(): string | undefined {
  try {
    const { success } = new Deno.Command("serf", {
      args: ["version"],
      stdout: "null",
      stderr: "null",
    })
      .outputSync();
    return success ? undefined : "the `serf` program does not work here";
  } catch {
    return "there is no `serf` program here (Debian: apt-get install serf)";
  }
}

/**
 * Registers a test that needs the reference, and perhaps something else, which `missing` says is not there; where
 * anything is missing the test is skipped and its name says why.
 */
export function interopTest(
  name: string,
  fn: () => Promise<void>,
  { missing }: { readonly missing?: string } = {},
): void {
  const reason = referenceMissing ?? missing;
  const suffix = reason === undefined ? "" : ` (skipped: ${reason})`;
  Deno.test({ name: name + suffix, ignore: reason !== undefined, fn });
}

/** Runs one command to its end. */
export async function run(
  kind: Kind,
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<CommandResult> {
  const line = commandLine(kind, args);
  const { code, stdout, stderr } = await new Deno.Command(line.program, {
    args: line.args,
    stdin: "null",
    ...options,
    env: { NO_COLOR: "1", ...options.env },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** How an agent is started. */
export interface AgentOptions {
  readonly name: string;
  /** For gossip ({@link GOSSIP_PORT}) and for RPC ({@link RPC_PORT}). */
  readonly ip: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** A program that runs the agent's, with its arguments. */
  readonly through?: readonly string[];
}

/** A running agent. Disposing of it kills the process and waits for its end. */
export class Agent implements AsyncDisposable {
  readonly kind: Kind;
  readonly name: string;
  readonly ip: string;
  /** Its exit code; death by a signal counts as 128 and the signal's number. */
  readonly exit: Promise<number>;
  readonly #child: Deno.ChildProcess;
  readonly #readers: Promise<void>[];
  #output = "";
  #client: Promise<RpcClient> | undefined;

  private constructor(kind: Kind, options: AgentOptions, child: Deno.ChildProcess) {
    this.kind = kind;
    this.name = options.name;
    this.ip = options.ip;
    this.exit = child.status.then(({ code }) => code);
    this.#child = child;
    this.#readers = [child.stdout, child.stderr].map((stream) => this.#collect(stream));
  }

  /** Starts an agent and waits until it answers RPC. Throws with its output if it ends before. */
  static async start(kind: Kind, options: AgentOptions): Promise<Agent> {
    const agent = Agent.spawn(kind, options);
    try {
      await until(`${kind} agent ${options.name} answers RPC`, async () => {
        const ended = await Promise.race([agent.exit, Promise.resolve(undefined)]);
        if (ended !== undefined) throw new Error(`The agent ended with ${ended}:\n${agent.output}`);
        if (!agent.output.includes("Log data will now stream in")) return false;
        try {
          (await Deno.connect({ hostname: options.ip, port: RPC_PORT })).close();
          return true;
        } catch {
          return false;
        }
      }, () => agent.output);
      return agent;
    } catch (error) {
      await agent[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts an agent that is not expected to come up. */
  static spawn(kind: Kind, options: AgentOptions): Agent {
    const { name, ip, args = [], cwd, through = [] } = options;
    const line = commandLine(kind, [
      "agent",
      `-node=${name}`,
      `-bind=${ip}:${GOSSIP_PORT}`,
      `-rpc-addr=${ip}:${RPC_PORT}`,
      ...args,
    ]);
    const [program, ...rest] = [...through, line.program, ...line.args];
    const child = new Deno.Command(program, {
      args: rest,
      cwd,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new Agent(kind, options, child);
  }

  /** Where it listens for gossip. */
  get address(): string {
    return `${this.ip}:${GOSSIP_PORT}`;
  }

  /** Where it answers RPC. */
  get rpcAddress(): string {
    return `${this.ip}:${RPC_PORT}`;
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

  /** A connection to its RPC port. */
  rpc(): Promise<RpcClient> {
    return RpcClient.connect({ address: this.rpcAddress });
  }

  /** Its members, asked over one connection that is kept. */
  async members(): Promise<readonly RpcMember[]> {
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
    await until(`${this.name} prints ${text}`, () => Promise.resolve(found()), () => this.#output);
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

/** Polls until a condition holds; throws what was waited for, and `detail()`, when that takes too long. */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  detail: () => string = () => "",
  timeoutMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}\n${detail()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
