/**
 * The progress of a long command, on one line of a terminal that is written again and again.
 *
 * @module
 */

import { encodeText } from "../../base/text.ts";
import type { CommandIo } from "../command.ts";

/** How often the line changes at most, real milliseconds. */
const INTERVAL_MS = 100;
const BAR_WIDTH = 30;
const CLEAR_LINE = "\r\x1b[K";

/** Shows a share and a word on standard error, if that is a terminal. */
export class ProgressLine {
  readonly #io: CommandIo;
  #shownAtMs = -Infinity;

  constructor(io: CommandIo) {
    this.#io = io;
  }

  /** Shows a share of 0 to 1 of the work, and what is being done. */
  async show(share: number, what: string): Promise<void> {
    const nowMs = performance.now();
    if (!this.#io.isErrorTerminal || nowMs - this.#shownAtMs < INTERVAL_MS) return;
    this.#shownAtMs = nowMs;
    const done = Math.round(share * BAR_WIDTH);
    const bar = "#".repeat(done).padEnd(BAR_WIDTH, ".");
    await this.#write(`${CLEAR_LINE}[${bar}] ${Math.floor(share * 100)} % ${what}`);
  }

  /** Leaves an empty line, for what comes next. */
  async clear(): Promise<void> {
    if (this.#shownAtMs > -Infinity) await this.#write(CLEAR_LINE);
  }

  async #write(text: string): Promise<void> {
    await this.#io.write("stderr", encodeText(text));
  }
}
