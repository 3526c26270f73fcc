/** A `CommandIo` for tests: it records the output, and fakes environment and interrupt. */

import type { CommandIo } from "../../lib/cli/command.ts";
import { lineBytes } from "../../lib/cli/process_io.ts";
import { runSerf } from "../../lib/cli/main.ts";

/** The result of a command line. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

/** The faked surroundings of a command. */
export interface IoOptions {
  readonly isTerminal?: boolean;
  readonly isErrorTerminal?: boolean;
  readonly terminalRows?: number;
  /** What comes from standard input. */
  readonly input?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line that was printed; may send the interrupt. */
  readonly onLine?: (line: string, interrupt: () => void) => void;
}

export class RecordedIo implements CommandIo {
  readonly #options: IoOptions;
  readonly #interrupt = new AbortController();
  readonly #chunks: Uint8Array[] = [];
  stderr = "";

  constructor(options: IoOptions) {
    this.#options = options;
  }

  get stdoutBytes(): Uint8Array {
    return Uint8Array.from(this.#chunks.flatMap((chunk) => [...chunk]));
  }

  get input(): AsyncIterable<Uint8Array> {
    return ReadableStream.from([this.#options.input ?? new Uint8Array()]);
  }

  get isTerminal(): boolean {
    return this.#options.isTerminal ?? false;
  }

  get isErrorTerminal(): boolean {
    return this.#options.isErrorTerminal ?? false;
  }

  get terminalRows(): number | undefined {
    return this.#options.terminalRows;
  }

  get interrupt(): AbortSignal {
    return this.#interrupt.signal;
  }

  out(line: string | Uint8Array): void {
    const bytes = lineBytes(line);
    this.#chunks.push(bytes);
    const text = new TextDecoder().decode(bytes).slice(0, -1);
    this.#options.onLine?.(text, () => this.#interrupt.abort());
  }

  err(line: string): void {
    this.stderr += `${line}\n`;
  }

  write(stream: "stdout" | "stderr", bytes: Uint8Array): Promise<number> {
    const text = new TextDecoder().decode(bytes);
    if (stream === "stderr") this.stderr += text;
    else this.#chunks.push(bytes);
    return Promise.resolve(bytes.length);
  }

  env(name: string): string | undefined {
    return this.#options.env?.[name];
  }
}

/** Runs a command line inside this process. */
export async function serf(args: readonly string[], options: IoOptions = {}): Promise<Outcome> {
  const io = new RecordedIo(options);
  const exit = await runSerf(args, io);
  return { stdout: new TextDecoder().decode(io.stdoutBytes), stderr: io.stderr, exit };
}
