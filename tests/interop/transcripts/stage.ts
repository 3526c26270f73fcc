/** Where recorded runs are repeated: a network and a directory of their own. */

import { sleep } from "../../support/sleep.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { commandLine, type Kind } from "../../support/program.ts";
import { until } from "../../support/until.ts";
import type { Observation } from "./recording.ts";

/** Environment variables. */
type Environment = Readonly<Record<string, string>>;

/** The network of the recorded runs. One of them needs an address that the loopback interface itself has. */
const RECORDED_NETWORK = /127\.0\.0\.(?!1:7990)/g;

/** No program of the recorded runs lives as long; one that hangs is killed, and its exit tells. */
const LONGEST_LIFE_MS = 150_000;

/** A program that runs. Its output reads as if it ran where the recorded one did. */
export class SerfProcess implements AsyncDisposable {
  readonly #stage: Stage;
  readonly #child: Deno.ChildProcess;
  #stdout = "";
  #stderr = "";
  #exit: number | string | null = null;
  readonly #ended: Promise<void>;

  constructor(stage: Stage, argv: readonly string[], env: Environment) {
    this.#stage = stage;
    const { program, args } = commandLine(stage.kind, argv.map((arg) => stage.toOurs(arg)));
    const moved = Object.entries(env).map(([name, value]) => [name, stage.toOurs(value)]);
    this.#child = new Deno.Command(program, {
      args,
      cwd: stage.directory.path,
      env: { NO_COLOR: "1", ...Object.fromEntries(moved) },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#ended = this.#watch();
  }

  get stdout(): string {
    return this.#stage.toRecorded(this.#stdout);
  }

  get stderr(): string {
    return this.#stage.toRecorded(this.#stderr);
  }

  /** The exit code, or the signal that killed it; `null` while it runs. */
  get exit(): number | string | null {
    return this.#exit;
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Resolves when it has ended. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Waits until what it has printed satisfies a condition; `what` says what that has then. Rejects if it ends before. */
  async printed(what: string, condition: (stdout: string) => boolean): Promise<void> {
    await this.printedOrEnded(what, condition);
    if (!condition(this.stdout)) {
      throw new Error(`It ended with ${this.#exit} before the output had ${what}\n${this.stdout}`);
    }
  }

  /** Waits until what it has printed satisfies a condition, or it has ended. */
  async printedOrEnded(what: string, condition: (stdout: string) => boolean): Promise<void> {
    const done = () => condition(this.stdout) || this.#exit !== null;
    await until(() => done(), { what: `the output has ${what}`, detail: () => this.stdout });
  }

  /** Waits until it has printed nothing for so long, or has ended. */
  async quiet(ms: number): Promise<void> {
    let before = -1;
    while (this.#stdout.length !== before && this.#exit === null) {
      before = this.#stdout.length;
      await sleep(ms);
    }
  }

  /** Kills it, if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#exit === null) {
      try {
        this.#child.kill("SIGKILL");
      } catch {
        // It has ended already.
      }
    }
    await this.#ended;
  }

  async #watch(): Promise<void> {
    const killing = setTimeout(() => this.signal("SIGKILL"), LONGEST_LIFE_MS);
    await Promise.all([
      collect(this.#child.stdout, (text) => this.#stdout += text),
      collect(this.#child.stderr, (text) => this.#stderr += text),
    ]);
    const { code, signal } = await this.#child.status;
    clearTimeout(killing);
    this.#exit = signal === "SIGKILL" ? "signal 9" : code;
  }
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  add: (text: string) => void,
): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) add(text);
}

/** A network and a directory. The stage's end is the end of all that runs on it. */
export class Stage implements AsyncDisposable {
  /** Whose programs run here. */
  readonly kind: Kind;
  readonly directory = new TemporaryDirectory();
  readonly #network: string;
  /** As monitors show it, and as `od -c` does. */
  readonly #networkBytes: string;
  readonly #networkCharacters: string;
  readonly #processes: SerfProcess[] = [];

  /** Stages with different numbers, 0 to 9, can be used at once. */
  constructor(kind: Kind, number: number) {
    this.kind = kind;
    this.#network = `127.8.${number}.`;
    this.#networkBytes = `0x7f, 0x8, 0x${number}, `;
    this.#networkCharacters = [...this.#network].join("   ");
  }

  /**
   * Moves the addresses of a text to this stage. All are as long as before, so that tables stay aligned. What listens on
   * all addresses gets a port of its own.
   */
  toOurs(text: string): string {
    return text.replace(RECORDED_NETWORK, this.#network).replace("=:7421", "=:7431");
  }

  /** The opposite of {@link toOurs}. */
  toRecorded(text: string): string {
    return text.replaceAll(this.#network, "127.0.0.").replaceAll("':7431'", "':7421'")
      .replaceAll(this.#networkBytes, "0x7f, 0x0, 0x0, ")
      .replaceAll(this.#networkCharacters, [..."127.0.0."].join("   "));
  }

  /** Writes files into the directory. */
  write(files: Readonly<Record<string, string>>): void {
    const moved = Object.entries(files).map(([name, text]) => [name, this.toOurs(text)]);
    this.directory.write(Object.fromEntries(moved));
  }

  /** Reads a file of the directory. */
  read(name: string): string {
    return this.toRecorded(Deno.readTextFileSync(this.directory.file(name)));
  }

  /** Runs a program to its end, or interrupts it when it has printed a text. */
  async run(
    argv: readonly string[],
    { env = {}, interruptAt }: { readonly env?: Environment; readonly interruptAt?: string } = {},
  ): Promise<Observation> {
    await using process = this.spawn(argv, env);
    if (interruptAt !== undefined) {
      await process.printed(interruptAt, (stdout) => stdout.includes(interruptAt));
      process.signal("SIGINT");
    }
    await process.ended;
    const { stdout, stderr, exit } = process;
    return { stdout, stderr, exit };
  }

  /** Starts a program. */
  spawn(argv: readonly string[], env: Environment = {}): SerfProcess {
    const process = new SerfProcess(this, argv, env);
    this.#processes.push(process);
    return process;
  }

  /** Starts an agent and waits until its RPC port answers, which was done when the runs were recorded, too. */
  async agent(argv: readonly string[]): Promise<SerfProcess> {
    const process = this.spawn(argv);
    await process.printed(
      "the agent runs",
      (stdout) => stdout.includes("Log data will now stream"),
    );
    const rpcPort = /RPC addr: '127\.0\.0\.1:(\d+)'/.exec(process.stdout)?.[1];
    const hostname = this.toOurs("127.0.0.1");
    (await Deno.connect({ hostname, port: Number(rpcPort) })).close();
    return process;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process[Symbol.asyncDispose]()));
    this.directory[Symbol.dispose]();
  }
}
