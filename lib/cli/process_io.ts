/**
 * The real process behind a {@link CommandIo}.
 *
 * @module
 */

import { encodeText } from "../base/text.ts";
import type { CommandIo } from "./command.ts";

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

  env(name: string): string | undefined {
    return Deno.env.get(name);
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

function writeLine(stream: typeof Deno.stdout, line: string | Uint8Array): void {
  let rest = lineBytes(line);
  try {
    while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
  } catch (error) {
    // The reader is gone, as after `| head`. Other programs die of SIGPIPE here, which Deno ignores.
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(SIGPIPE_EXIT_CODE);
    throw error;
  }
}

function listenForInterrupt(): AbortSignal {
  const controller = new AbortController();
  Deno.addSignalListener("SIGINT", () => controller.abort());
  return controller.signal;
}
