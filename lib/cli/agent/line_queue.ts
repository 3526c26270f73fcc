/**
 * Printing in the background, so that an agent does not depend on the disk, pipe or terminal that takes its output: lines
 * that cannot be written in time are dropped and counted, and the number is printed when writing works again.
 *
 * @module
 */

import type { LogLevel } from "../../base/log.ts";
import { encodeText } from "../../base/text.ts";
import { afterAnswers, endsWithin } from "../../base/timer.ts";
import { type ByteSink, writeAll } from "../../base/write_all.ts";

/** The most bytes that wait to be written; further lines are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** How long the end of an agent waits for its output. */
const FLUSH_TIMEOUT_MS = 250;
/** In so many parts: a process that got no processor time meanwhile still hears what was written. */
const FLUSH_PARTS = 5;

/** Makes one line of a text that starts with its source. */
export type LineFormat = (level: LogLevel, text: string) => string;

/** How a queue speaks for itself. */
interface LineQueueOptions {
  /** Default: text, after an arrow. */
  format?: LineFormat;
}

/** Lines on their way to one stream, in order. */
export class LineQueue {
  readonly #sink: ByteSink;
  readonly #options: LineQueueOptions;
  #waiting = "";
  #waitingLines = 0;
  #dropped = 0;
  /** Whether the last write ended within a line. */
  #torn = false;
  #writing: Promise<void> | undefined;

  constructor(sink: ByteSink, options: LineQueueOptions = {}) {
    this.#sink = sink;
    this.#options = options;
  }

  /** Prints a line; the newline is added. */
  push(line: string): void {
    if (this.#waiting.length + line.length > MAX_WAITING_BYTES) {
      this.#dropped++;
      return;
    }
    this.#waiting += `${line}\n`;
    this.#waitingLines++;
    this.#writing ??= this.#write();
  }

  /** Resolves when all lines are written or dropped, or after 250 ms. */
  async flush(): Promise<void> {
    const writing = Promise.resolve(this.#writing);
    for (let part = 0; part < FLUSH_PARTS; part++) {
      if (await endsWithin(writing, FLUSH_TIMEOUT_MS / FLUSH_PARTS)) return;
    }
  }

  async #write(): Promise<void> {
    // Lines that are printed in one turn share a write.
    await afterAnswers();
    while (this.#waiting !== "") {
      const lines = this.#waitingLines;
      const dropped = this.#dropped;
      const notice = dropped === 0 ? "" : `${this.#notice(dropped)}\n`;
      const bytes = encodeText(`${this.#torn ? "\n" : ""}${notice}${this.#waiting}`);
      this.#waiting = "";
      this.#waitingLines = 0;
      let written = 0;
      try {
        await writeAll({
          write: async (rest) => {
            const count = await this.#sink.write(rest);
            written += count;
            return count;
          },
        }, bytes);
        this.#dropped -= dropped;
        this.#torn = false;
      } catch {
        // The disk is full, for instance.
        this.#dropped += lines;
        if (written > 0) this.#torn = true;
      }
    }
    this.#writing = undefined;
  }

  #notice(dropped: number): string {
    const text = `Dropped ${dropped} lines: they could not be written`;
    return this.#options.format?.("WARN", `agent: ${text}`) ?? `==> ${text}`;
  }
}
