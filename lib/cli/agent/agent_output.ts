/**
 * What an agent prints, in the two forms that scripts look for: messages after an arrow, and details and log lines after
 * four spaces.
 *
 * @module
 */

import type { CommandIo } from "../command.ts";
import type { LogLevel } from "../../base/log.ts";
import { type LineFormat, LineQueue } from "./line_queue.ts";

/**
 * Prints what an agent has to say, in the background. Only the first line of a text gets the prefix; an empty text gets
 * none.
 */
export class AgentOutput {
  /** Makes one line for machines of everything that goes to standard output. Default: text. */
  format?: LineFormat;
  readonly #out: LineQueue;
  readonly #err: LineQueue;

  constructor(io: CommandIo) {
    this.#out = new LineQueue({ write: (bytes) => io.write("stdout", bytes) }, this);
    this.#err = new LineQueue({ write: (bytes) => io.write("stderr", bytes) });
  }

  /** Prints a message. */
  say(text: string): void {
    this.#print("INFO", text, "==> ");
  }

  /** Prints an error. */
  fail(text: string): void {
    this.#print("ERR", text, "==> ");
  }

  /** Prints a detail. */
  detail(text: string): void {
    this.#print("INFO", text, "    ");
  }

  /** Prints a log line, which has its format already. */
  log(text: string): void {
    if (this.format === undefined) this.detail(text);
    else this.#out.push(text);
  }

  /** Prints a line of the report on metrics, to standard error. */
  metric(text: string): void {
    this.#err.push(text);
  }

  /** Prints what may help, to standard error like all commands. */
  hint(text: string): void {
    this.#err.push(text);
  }

  #print(level: LogLevel, text: string, prefix: string): void {
    if (this.format === undefined) this.#out.push(text === "" ? "" : `${prefix}${text}`);
    else if (text !== "") this.#out.push(this.format(level, `agent: ${text.trim()}`));
  }

  /** Waits until everything is printed, or at most 250 ms for a stream that takes nothing. */
  async flush(): Promise<void> {
    await Promise.all([this.#out.flush(), this.#err.flush()]);
  }
}
