/**
 * Running one script with the shell, and collecting its output.
 *
 * @module
 */

import { joinBytes } from "../../base/bytes.ts";
import { errorText } from "../../base/errors.ts";
import { encodeText } from "../../base/text.ts";
import { endsWithin } from "../../base/timer.ts";
import { osErrorText } from "../../go/os_error.ts";
import { describeStatus, KILL_WAIT_MS, killGroup, SHELL, shellCommand } from "./shell.ts";

/** What a script is started with. */
interface ScriptInput {
  /** Added to the environment of this process. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: Uint8Array;
}

/** How a script ended. */
export interface ScriptResult {
  /** Standard output and error, in the order in which they were written; only the last 8 KiB. */
  readonly output: Uint8Array;
  /** How it failed, as in `exit status 7`; `undefined` if it succeeded. */
  readonly failure: string | undefined;
  /** Why its input could not be written, if so. This is not a failure: a script may ignore its input. */
  readonly inputProblem: string | undefined;
}

/** Settings of {@link runScript}. */
export interface RunScriptOptions {
  /**
   * How long to wait, after the shell has exited, for background processes that keep its output or input open, in
   * milliseconds. After that the whole process group is killed. Go calls this `WaitDelay`.
   */
  readonly waitDelayMs: number;
}

/** How much output is kept; Serf has the same limit (`maxBufSize`). */
const MAX_OUTPUT_BYTES = 8_192;

/**
 * Runs `script` with the shell in a process group of its own, and waits for its end without a limit. Never rejects:
 * failures are in the result.
 */
export async function runScript(
  script: string,
  input: ScriptInput,
  { waitDelayMs }: RunScriptOptions,
): Promise<ScriptResult> {
  let child: Deno.ChildProcess;
  try {
    child = spawn(script, input.environment);
  } catch (error) {
    return { output: new Uint8Array(), failure: errorText(error), inputProblem: undefined };
  }
  const stdin = new InputWriter(child.stdin, input.stdin);
  const output = new OutputTail(child.stdout);
  const status = await child.status;
  if (!await endsWithin(Promise.all([output.finished, stdin.finished]), waitDelayMs)) {
    killGroup(child.pid);
    await output.cancel();
    if (!await endsWithin(stdin.finished, KILL_WAIT_MS)) stdin.abandon();
  }
  return {
    output: output.bytes(),
    failure: status.success ? undefined : describeStatus(status),
    inputProblem: await stdin.finished,
  };
}

/** Starts the shell. A first shell redirects standard error to standard output, which keeps both in order. */
function spawn(script: string, environment: Readonly<Record<string, string>>): Deno.ChildProcess {
  const { program, args, windowsRawArguments } = Deno.build.os === "windows"
    ? shellCommand(`(${script}) 2>&1`)
    : shellCommand(`${exportEscaped(environment)}exec ${SHELL} -c "$0" 2>&1`);
  return new Deno.Command(program, {
    args: Deno.build.os === "windows" ? args : [...args, script],
    windowsRawArguments,
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

/** Writes the input of a script. */
class InputWriter {
  /** Resolves when the input is written, to `undefined` or the reason why it could not be. */
  readonly finished: Promise<string | undefined>;
  readonly #giveUp: (problem: string) => void;

  constructor(stream: WritableStream<Uint8Array>, bytes: Uint8Array) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#giveUp = resolve;
    this.finished = Promise.race([writeAll(stream, bytes), promise]);
  }

  /** Stops waiting: a process that has left the group may keep the other end open for ever without reading. */
  abandon(): void {
    this.#giveUp("write |1: file already closed");
  }
}

/** Writes and closes; resolves to `undefined`, or to the reason why that failed. */
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

/** Reads the output of a script, and keeps the last part. */
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
        Math.max(0, this.#tail.length + value.length - MAX_OUTPUT_BYTES),
      );
      this.#tail = joinBytes(kept, value.subarray(-MAX_OUTPUT_BYTES));
    }
  }
}
