/**
 * What an agent prints, in the two forms that scripts look for: messages after an arrow, and details and log lines after
 * four spaces.
 *
 * @module
 */

import type { CommandIo } from "../command.ts";
import { LineQueue } from "./line_queue.ts";

/**
 * Prints what an agent has to say, in the background. Only the first line of a text gets the prefix; an empty text gets
 * none.
 */
export class AgentOutput {
  readonly #out: LineQueue;
  readonly #err: LineQueue;

  constructor(io: CommandIo) {
    this.#out = new LineQueue({ write: (bytes) => io.write("stdout", bytes) });
    this.#err = new LineQueue({ write: (bytes) => io.write("stderr", bytes) });
  }

  /** Prints a message or an error. */
  say(text: string): void {
    this.#out.push(text === "" ? "" : `==> ${text}`);
  }

  /** Prints a detail or a log line. */
  detail(text: string): void {
    this.#out.push(text === "" ? "" : `    ${text}`);
  }

  /** Prints a line of the report on metrics, to standard error. */
  metric(text: string): void {
    this.#err.push(text);
  }

  /** Prints a mistake in the flags, to standard error like all commands. */
  flagMistake(text: string): void {
    this.#err.push(text);
  }

  /** Waits until everything is printed, or at most 250 ms for a stream that takes nothing. */
  async flush(): Promise<void> {
    await Promise.all([this.#out.flush(), this.#err.flush()]);
  }
}
