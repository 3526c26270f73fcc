/**
 * A subcommand of `serf`: how it is run, what it may do to the outside of its process, and how it ends when it cannot do
 * what it was asked for. Commands get a {@link CommandIo} passed, so that tests run them without a process of their own.
 *
 * @module
 */

import { RpcError } from "../base/errors.ts";
import type { FlagError } from "../go/flags.ts";

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

/** What a command may do to the outside of its process, apart from the network. */
export interface CommandIo {
  /** Writes one line to standard output; the newline is added. Bytes go out as they are. */
  out(line: string | Uint8Array): void;
  /** Writes one line to standard error; the newline is added. */
  err(line: string): void;
  /** An environment variable, `undefined` if it is not set. */
  env(name: string): string | undefined;
  /** Aborted by an interrupt (SIGINT). Reading it once takes away the signal's default of ending the process. */
  readonly interrupt: AbortSignal;
}

/** Ends a command with exit code 1. The message goes to standard output, where Serf's errors have always gone. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  /** Whether the command's help follows the message, or stands alone when that is empty. */
  readonly showHelp: boolean;

  constructor(message: string, options: { readonly showHelp?: boolean } = {}) {
    super(message);
    this.showHelp = options.showHelp ?? false;
  }
}

/** Waits for an answer of the agent; an {@link RpcError} becomes a {@link CommandFailure} that reads `label: reason`. */
export async function labelled<T>(label: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RpcError) throw new CommandFailure(`${label}: ${error.message}`);
    throw error;
  }
}

/**
 * What a mistake in the flags ends a command with. Its line is the one thing that goes to standard error, as in Go; the
 * help then goes where everything else does.
 */
export function flagFailure({ message }: FlagError, io: CommandIo): CommandFailure {
  if (message !== "") io.err(message);
  return new CommandFailure("", { showHelp: true });
}
