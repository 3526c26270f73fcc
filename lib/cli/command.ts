/**
 * A subcommand of `serf`: how it is run, what it may do outside its process, and how it fails. Commands are passed a
 * {@link CommandIo}, so that tests can run them without starting a process.
 *
 * @module
 */

import { RpcError } from "../base/errors.ts";
import type { FlagError } from "../go/flags.ts";
import type { JsonValue } from "../go/format_json.ts";
import type { Usage } from "./usage.ts";

/** The exit code when no command is given, or an unknown one. */
export const UNKNOWN_COMMAND_EXIT_CODE = 127;

/** One subcommand of `serf`. */
export interface Command {
  /** What its help text says; absent if it has none. */
  readonly usage?: Usage;
  /**
   * Runs with the arguments after the command's name and returns the exit code of the process. Throws a
   * {@link CommandFailure} to print a message and exit with 1.
   */
  run(args: readonly string[], io: CommandIo): number | Promise<number>;
}

/** A command before it is loaded. */
export interface CommandEntry {
  /** One line for the program's help. */
  readonly summary: string;
  load(): Promise<Command>;
}

/** Commands by name. */
export type CommandTable = ReadonlyMap<string, CommandEntry>;

/** What a command may do outside its process, apart from the network. */
export interface CommandIo {
  /** Writes one line to standard output; the newline is added. Bytes go out as they are. */
  out(line: string | Uint8Array): void;
  /** Writes one line to standard error; the newline is added. */
  err(line: string): void;
  /** Writes some of the bytes, without a newline, and resolves to how many; the event loop goes on meanwhile. */
  write(stream: "stdout" | "stderr", bytes: Uint8Array): Promise<number>;
  /** Standard input. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Whether standard output is a terminal, to which no control characters of strangers may be written. */
  readonly isTerminal: boolean;
  /** Whether standard error is a terminal: only there is progress shown. */
  readonly isErrorTerminal: boolean;
  /** How many rows the terminal has, if standard output is one that tells. */
  readonly terminalRows: number | undefined;
  /** An environment variable, `undefined` if it is not set. */
  env(name: string): string | undefined;
  /** Aborted by SIGINT. Once this has been read, SIGINT no longer ends the process by itself. */
  readonly interrupt: AbortSignal;
}

/** How a failure is told. */
export interface FailureOptions {
  /** Whether the command's help is printed after the message. */
  readonly showHelp?: boolean;
  /** What to do about it, for standard error. Default: what is known of the message. */
  readonly hint?: string;
  /** Further fields of the failure in JSON. */
  readonly details?: Readonly<Record<string, JsonValue>>;
}

/** Ends a command with exit code 1. The message goes to standard output, as in Serf; in JSON, to standard error. */
export class CommandFailure extends Error {
  override readonly name: string = "CommandFailure";
  readonly showHelp: boolean;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, JsonValue>>;
  /** Whether it is told in JSON; set by who has parsed the flags. Default: if the arguments seem to ask for it. */
  inJson: boolean | undefined;

  constructor(message: string, options: FailureOptions = {}) {
    super(message);
    const { showHelp = false, hint, details = {} } = options;
    this.showHelp = showHelp;
    this.hint = hint;
    this.details = details;
  }
}

/** The arguments make no sense. The message goes to standard error, below a short usage on standard output. */
export class UsageFailure extends CommandFailure {
  override readonly name = "UsageFailure";
}

/** Awaits an answer of the agent; an {@link RpcError} becomes a {@link CommandFailure} that reads `label: reason`. */
export async function labelled<T>(label: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RpcError) throw new CommandFailure(`${label}: ${error.message}`);
    throw error;
  }
}

/** The failure for a mistake in the flags. One without a message is a request for help. */
export function flagFailure({ message }: FlagError): CommandFailure {
  if (message === "") return new CommandFailure("", { showHelp: true });
  return new UsageFailure(message);
}

/** Throws a {@link UsageFailure} if a command that takes no arguments beside its flags has got some. */
export function refuseArguments([first]: readonly string[]): void {
  if (first !== undefined) throw new UsageFailure(`unexpected argument: ${first}`);
}
