/**
 * The part of the log that an agent prints.
 *
 * @module
 */

import { levelPasses, type LogLevel } from "../../base/log.ts";
import type { AgentLog } from "./agent_log.ts";
import type { LogLine } from "../../rpc/server/rpc_agent.ts";

/** Where lines go, and which. */
export interface LogPrinterOptions {
  readonly level: LogLevel;
  readonly print: (text: string) => void;
}

/**
 * Prints the lines of a log that are severe enough. Until it is opened it holds them back, so that they do not stand
 * between the lines of the banner.
 */
export class LogPrinter implements Disposable {
  /** The least level that is printed, from now on. */
  level: LogLevel;
  readonly #print: (text: string) => void;
  readonly #subscription: Disposable;
  #held: string[] | undefined = [];

  constructor(log: AgentLog, { level, print }: LogPrinterOptions) {
    this.level = level;
    this.#print = print;
    this.#subscription = log.subscribe((line) => this.#take(line));
  }

  /** Prints what was held back, and from now on every line at once. */
  open(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const text of held) this.#print(text);
  }

  /** Prints no more. */
  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  #take({ level, text }: LogLine): void {
    if (!levelPasses(level, this.level)) return;
    if (this.#held === undefined) this.#print(text);
    else this.#held.push(text);
  }
}
