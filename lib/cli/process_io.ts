/**
 * The real process behind a {@link CommandIo}, and its arguments.
 *
 * @module
 */

import { decodeText, encodeText } from "../base/text.ts";
import type { CommandIo } from "./command.ts";

/** How long a pipe that is full, and lets nobody wait for room, is left alone, milliseconds. */
const FULL_PIPE_MS = 5;

/** The exit code that shells report for a process that died of SIGPIPE: 128 + 13. */
const SIGPIPE_EXIT_CODE = 141;

/** Standard output and error, environment and SIGINT of this process. */
export class ProcessIo implements CommandIo {
  #interrupt?: AbortSignal;

  out(line: string | Uint8Array): void {
    writeLine(Deno.stdout, line);
  }

  err(line: string): void {
    writeLine(Deno.stderr, line);
  }

  async write(stream: "stdout" | "stderr", bytes: Uint8Array): Promise<number> {
    for (;;) {
      try {
        return await Deno[stream].write(bytes);
      } catch (error) {
        endIfUnread(error);
        if (!isFull(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, FULL_PIPE_MS));
      }
    }
  }

  env(name: string): string | undefined {
    return Deno.env.get(name);
  }

  get input(): AsyncIterable<Uint8Array> {
    return Deno.stdin.readable;
  }

  get isTerminal(): boolean {
    return Deno.stdout.isTerminal();
  }

  get isErrorTerminal(): boolean {
    return Deno.stderr.isTerminal();
  }

  get terminalRows(): number | undefined {
    try {
      return Deno.consoleSize().rows || undefined;
    } catch {
      return undefined; // It does not tell.
    }
  }

  get interrupt(): AbortSignal {
    return this.#interrupt ??= listenForInterrupt();
  }
}

/** A line as bytes, with a newline added. */
export function lineBytes(line: string | Uint8Array): Uint8Array {
  if (typeof line === "string") return encodeText(`${line}\n`);
  const bytes = new Uint8Array(line.length + 1);
  bytes.set(line);
  bytes[line.length] = 0x0a;
  return bytes;
}

/**
 * The arguments of this process byte for byte: bytes that are not UTF-8 are escaped as in all other text, while
 * `Deno.args` has U+FFFD in their place. Ends the process if they cannot be read, because a name that has been changed
 * would be the name of another member.
 */
export function processArguments(): readonly string[] {
  const replaced = Deno.args.find((arg) => arg.includes("\ufffd"));
  if (replaced === undefined) return Deno.args;
  const args = readArguments();
  if (args !== undefined) return args;
  const reason =
    "Its bytes are not UTF-8; reading them takes Linux and the permission --allow-run.";
  writeLine(Deno.stderr, `Cannot read the argument "${replaced}". ${reason}`);
  return Deno.exit(1);
}

/** The arguments as Linux has them; `undefined` elsewhere, or without the permission to run a program. */
function readArguments(): string[] | undefined {
  // Deno itself lets only processes with all permissions read this file.
  if (Deno.permissions.querySync({ name: "run", command: "cat" }).state !== "granted") return;
  const path = `/proc/${Deno.pid}/cmdline`;
  const { stdout } = new Deno.Command("cat", { args: [path], stderr: "null" }).outputSync();
  const args: Uint8Array[] = [];
  for (let start = 0; start < stdout.length;) {
    const end = stdout.indexOf(0, start);
    args.push(stdout.subarray(start, end));
    start = end + 1;
  }
  const own = args.slice(-Deno.args.length); // after those of Deno
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const complete = own.length === Deno.args.length &&
    own.every((arg, i) => decoder.decode(arg) === Deno.args[i]);
  return complete ? own.map((arg) => decodeText(arg)) : undefined;
}

function writeLine(stream: typeof Deno.stdout, line: string | Uint8Array): void {
  try {
    for (let rest = lineBytes(line); rest.length > 0;) {
      rest = rest.subarray(writeSome(stream, rest));
    }
  } catch (error) {
    endIfUnread(error);
    if (stream === Deno.stdout) {
      const reason = error instanceof Error ? error.message : error;
      writeLine(Deno.stderr, `Cannot write to standard output: ${reason}`);
    }
    Deno.exit(1);
  }
}

/** Writes a part, and waits for room if there is none. Returns how many bytes were written. */
function writeSome(stream: typeof Deno.stdout, bytes: Uint8Array): number {
  for (;;) {
    try {
      return stream.writeSync(bytes);
    } catch (error) {
      if (!isFull(error)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_MS);
    }
  }
}

/** Whether a pipe is full whose writers do not want to be blocked, which is up to whoever has made it. */
function isFull(error: unknown): boolean {
  return error instanceof Deno.errors.WouldBlock;
}

/** Ends the process if its reader is gone, as after `| head`. Others die of SIGPIPE here, which Deno ignores. */
function endIfUnread(error: unknown): void {
  if (error instanceof Deno.errors.BrokenPipe) Deno.exit(SIGPIPE_EXIT_CODE);
}

function listenForInterrupt(): AbortSignal {
  const controller = new AbortController();
  Deno.addSignalListener("SIGINT", () => controller.abort());
  return controller.signal;
}
