/**
 * Printing the log of an agent, from a level upward. Serf's `GatedWriter` holds lines back in the same way.
 *
 * @module
 */

import { levelPasses, type LogLevel } from "../../base/log.ts";
import type { AgentLog, AgentLogLine } from "./agent_log.ts";

/** Which lines are printed, where and how. */
interface LogPrinterOptions {
  readonly level: LogLevel;
  readonly print: (text: string) => void;
  /** Makes the text of a line. Default: as it is in the log. */
  readonly format?: (line: AgentLogLine) => string;
}

/**
 * Prints the lines of a log that are severe enough. It holds them back until it is opened, so that none is printed between
 * the lines of the banner.
 */
export class LogPrinter implements Disposable {
  /** The lowest level that is printed; may be changed at any time. */
  level: LogLevel;
  readonly #print: (text: string) => void;
  readonly #format: (line: AgentLogLine) => string;
  readonly #subscription: Disposable;
  #held: string[] | undefined = [];

  constructor(log: AgentLog, { level, print, format = ({ text }) => text }: LogPrinterOptions) {
    this.level = level;
    this.#print = print;
    this.#format = format;
    this.#subscription = log.subscribe((line) => this.#take(line));
  }

  /** Prints the lines that were held back, and from now on every line at once. */
  open(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const text of held) this.#print(text);
  }

  /** Ends printing. */
  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  #take(line: AgentLogLine): void {
    if (!levelPasses(line.level, this.level)) return;
    const text = this.#format(line);
    if (this.#held === undefined) this.#print(text);
    else this.#held.push(text);
  }
}
