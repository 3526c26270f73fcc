/**
 * The log in a file, `-log-file`, beside the one that an agent prints.
 *
 * @module
 */

import type { AgentConfig } from "../../agent/config/config.ts";
import { StartupError } from "../../agent/config/startup_error.ts";
import type { AgentLog } from "../../agent/log/agent_log.ts";
import { LogPrinter } from "../../agent/log/log_printer.ts";
import type { LogFormats } from "../../agent/log/structured_log.ts";
import { RotatingFile } from "../../agent/log/rotating_file.ts";
import type { LogLevel } from "../../base/log.ts";
import { osErrorText } from "../../go/os_error.ts";
import { LineQueue } from "./line_queue.ts";

/** The log, and which of its lines are written in what form. */
interface LogFileOptions {
  readonly log: AgentLog;
  readonly level: LogLevel;
  /** Default: text. */
  readonly formats?: LogFormats;
}

/** Writes the log to a file, in the background. */
export class LogFile implements AsyncDisposable {
  readonly printer: LogPrinter;
  readonly #file: RotatingFile;
  readonly #lines: LineQueue;

  /** Opens the file of the configuration. Throws a {@link StartupError}. */
  static open(
    { logFile, logRotateBytes: maxBytes, logRotateMaxFiles: maxFiles }: AgentConfig,
    options: LogFileOptions,
  ): LogFile {
    try {
      return new LogFile(new RotatingFile(logFile, { maxBytes, maxFiles }), options);
    } catch (error) {
      throw new StartupError(`Cannot use log_file: open ${logFile}: ${osErrorText(error)}`);
    }
  }

  private constructor(file: RotatingFile, { log, level, formats }: LogFileOptions) {
    this.#file = file;
    this.#lines = new LineQueue(file, { format: formats?.text });
    const print = (text: string) => this.#lines.push(text);
    this.printer = new LogPrinter(log, { level, format: formats?.line, print });
    this.printer.open();
  }

  /** Writes what waits, but does not wait long for a disk that takes nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.printer[Symbol.dispose]();
    await this.#lines.flush();
    this.#file[Symbol.dispose]();
  }
}
