/**
 * Running one script with the shell.
 *
 * @module
 */

import { errorText } from "../../base/errors.ts";
import { after } from "../../base/timer.ts";
import { encodeText } from "../../base/text.ts";
import { osErrorText } from "../../go/os_error.ts";

/** What a script gets. */
export interface ScriptInput {
  /** Added to the environment of this process. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: Uint8Array;
}

/** How a script ended. */
export interface ScriptResult {
  /** Standard output and error together; of more than 8 KiB only the last 8 KiB. */
  readonly output: Uint8Array;
  /** Why it counts as failed, as in `exit status 7`; `undefined` if it succeeded. */
  readonly failure: string | undefined;
  /** Why its input could not be written, if so. That alone is no failure: a script may ignore its input. */
  readonly inputProblem: string | undefined;
}

/** Settings of {@link runScript}. */
export interface RunScriptOptions {
  /**
   * How long to wait, after the shell has ended, for processes that it has left behind and that keep its output or input
   * open. After that the whole process group is killed. Milliseconds.
   */
  readonly lingerMs: number;
}

const OUTPUT_LIMIT = 8_192;
/** By when those who were killed have closed their files. */
const DEATH_MS = 1_000;

/** What Go calls the signals that end a process. */
const SIGNAL_NAMES: Readonly<Partial<Record<Deno.Signal, string>>> = {
  SIGABRT: "aborted",
  SIGALRM: "alarm clock",
  SIGFPE: "floating point exception",
  SIGHUP: "hangup",
  SIGILL: "illegal instruction",
  SIGINT: "interrupt",
  SIGKILL: "killed",
  SIGPIPE: "broken pipe",
  SIGQUIT: "quit",
  SIGSEGV: "segmentation fault",
  SIGTERM: "terminated",
};

/**
 * Runs `script` with `/bin/sh -c` in a process group of its own and waits for its end, however long that takes. Never
 * rejects: what goes wrong is in the result.
 */
export async function runScript(
  script: string,
  input: ScriptInput,
  { lingerMs }: RunScriptOptions,
): Promise<ScriptResult> {
  let child: Deno.ChildProcess;
  try {
    child = spawn(script, input.environment);
  } catch (error) {
    return { output: new Uint8Array(), failure: errorText(error), inputProblem: undefined };
  }
  const feed = new InputFeed(child.stdin, input.stdin);
  const output = new OutputTail(child.stdout);
  const status = await child.status;
  if (!await endsWithin(Promise.all([output.finished, feed.finished]), lingerMs)) {
    killGroup(child.pid);
    await output.cancel();
    if (!await endsWithin(feed.finished, DEATH_MS)) feed.abandon();
  }
  return {
    output: output.bytes(),
    failure: status.success ? undefined : describeStatus(status),
    inputProblem: await feed.finished,
  };
}

/** Starts the shell. A first shell joins error output to standard output, so that the order of both is kept. */
function spawn(script: string, environment: Readonly<Record<string, string>>): Deno.ChildProcess {
  return new Deno.Command("/bin/sh", {
    args: ["-c", `${exportEscaped(environment)}exec /bin/sh -c "$0" 2>&1`, script],
    clearEnv: true,
    env: { ...Deno.env.toObject(), ...environment },
    detached: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

/** Shell commands that set the variables with bytes that are not UTF-8, which Deno does not pass on unchanged. */
function exportEscaped(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment).filter(([, value]) => !value.isWellFormed())
    .map(([name, value]) => {
      const bytes = Array.from(
        encodeText(value),
        (byte) => `\\${byte.toString(8).padStart(3, "0")}`,
      );
      // The dot keeps newlines at the end, which the shell would drop.
      return `${name}=$(printf '${bytes.join("")}.'); export ${name}="\${${name}%.}"; `;
    }).join("");
}

/** All that a stream is given. */
class InputFeed {
  /** Resolves when everything is written, to what went wrong, if anything. */
  readonly finished: Promise<string | undefined>;
  readonly #giveUp: (problem: string) => void;

  constructor(stream: WritableStream<Uint8Array>, bytes: Uint8Array) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#giveUp = resolve;
    this.finished = Promise.race([writeAll(stream, bytes), promise]);
  }

  /** Waits no longer: a process that has left the group may keep the other end open, and not read, for ever. */
  abandon(): void {
    this.#giveUp("write |1: file already closed");
  }
}

/** Writes and closes; resolves to what went wrong, if anything. */
async function writeAll(
  stream: WritableStream<Uint8Array>,
  bytes: Uint8Array,
): Promise<string | undefined> {
  const writer = stream.getWriter();
  try {
    if (bytes.length > 0) await writer.write(bytes);
    await writer.close();
  } catch (error) {
    return `write |1: ${osErrorText(error)}`;
  }
}

/** The end of what a stream delivers. */
class OutputTail {
  /** Resolves when the stream has ended. */
  readonly finished: Promise<void>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #tail = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
    this.finished = this.#read();
  }

  bytes(): Uint8Array {
    return this.#tail;
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }

  async #read(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      const kept = this.#tail.subarray(
        Math.max(0, this.#tail.length + value.length - OUTPUT_LIMIT),
      );
      this.#tail = Uint8Array.of(...kept, ...value.subarray(-OUTPUT_LIMIT));
    }
  }
}

/** Whether a promise resolves in time. */
async function endsWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise: timeout, resolve } = Promise.withResolvers<boolean>();
  using _timer = after(ms, () => resolve(false));
  return await Promise.race([promise.then(() => true), timeout]);
}

function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // They have ended by themselves meanwhile.
  }
}

function describeStatus({ code, signal }: Deno.CommandStatus): string {
  if (signal === null) return `exit status ${code}`;
  return `signal: ${SIGNAL_NAMES[signal] ?? signal}`;
}
