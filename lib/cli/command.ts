/**
 * What the program knows of a command.
 *
 * @module
 */

import type { CommandIo } from "./command_io.ts";

/** One subcommand of `serf`. */
export interface Command {
  /** The help text, without a newline at its end. Laid out when it is asked for, which it seldom is. */
  help(): string;
  /**
   * Runs with the arguments after the command's name and returns the exit code of the process. Throws a
   * `CommandFailure` that is to be printed.
   */
  run(args: readonly string[], io: CommandIo): number | Promise<number>;
}
