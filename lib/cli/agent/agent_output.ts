/**
 * What an agent prints, in the two forms that scripts look for: messages after an arrow, and details and log lines after
 * four spaces.
 *
 * @module
 */

import type { CommandIo } from "../command.ts";

/** Prints what an agent has to say. Only the first line of a text gets the prefix; an empty text gets none. */
export class AgentOutput {
  readonly #io: CommandIo;

  constructor(io: CommandIo) {
    this.#io = io;
  }

  /** Prints a message or an error. */
  say(text: string): void {
    this.#io.out(text === "" ? "" : `==> ${text}`);
  }

  /** Prints a detail or a log line. */
  detail(text: string): void {
    this.#io.out(text === "" ? "" : `    ${text}`);
  }

  /** Prints a line of the report on metrics, to standard error. */
  metric(text: string): void {
    this.#io.err(text);
  }

  /** Prints a mistake in the flags, to standard error like all commands. */
  flagMistake(text: string): void {
    this.#io.err(text);
  }
}
