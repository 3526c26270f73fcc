/**
 * How a command ends that cannot do what it was asked for.
 *
 * @module
 */

import type { CommandIo } from "./command_io.ts";
import { RpcError } from "../base/errors.ts";
import type { FlagError } from "../go/flags.ts";

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
