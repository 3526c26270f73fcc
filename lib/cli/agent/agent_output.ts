/**
 * What an agent prints, in the two shapes that scripts look for: headlines after an arrow, details and log lines after a
 * margin.
 *
 * @module
 */

import type { CommandIo } from "../command.ts";

/** Prints for an agent. Only the first line of a text gets the prefix, and an empty text gets none. */
export class AgentOutput {
  readonly #io: CommandIo;

  constructor(io: CommandIo) {
    this.#io = io;
  }

  /** Prints a headline or an error. */
  say(text: string): void {
    this.#io.out(text === "" ? "" : `==> ${text}`);
  }

  /** Prints a detail or a log line. */
  detail(text: string): void {
    this.#io.out(text === "" ? "" : `    ${text}`);
  }

  /** Prints a line of telemetry, beside everything else. */
  figure(text: string): void {
    this.#io.err(text);
  }

  /** Prints a mistake in the flags where those of all commands go. */
  flagMistake(text: string): void {
    this.#io.err(text);
  }
}
