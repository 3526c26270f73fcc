/**
 * The `serf` program: finds the command among the arguments and runs it.
 *
 * @module
 */

import { errorText } from "../base/errors.ts";
import {
  type Command,
  CommandFailure,
  type CommandIo,
  UNKNOWN_COMMAND_EXIT_CODE,
} from "./command.ts";
import { commandTable } from "./command_table.ts";

/**
 * Runs one command line and returns the exit code: 0 for success, 127 for an unknown command, 1 for everything else.
 *
 * Help that was asked for goes to standard error, and takes precedence over mistakes in the flags.
 */
export async function runSerf(args: readonly string[], io: CommandIo): Promise<number> {
  try {
    return await runCommand(args, io);
  } catch (error) {
    // Commands name what they need, but a bundle also reads their scripts.
    const flag = /run again with the (--allow-\S+) flag/.exec(errorText(error))?.[1];
    if (flag === undefined) throw error;
    io.err(`Missing Deno permissions: start this command with ${flag}`);
    return 1;
  }
}

async function runCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { name, commandArgs, wantsHelp, misplacedFlag } = scan(args);
  const entry = name === undefined ? undefined : commandTable.get(name);
  if (name === undefined || entry === undefined) {
    const { programHelp } = await import("./program_help.ts");
    const help = `${programHelp(commandTable)}\n`;
    if (name === undefined) io.err(help);
    else {
      const { reportUnknownCommand } = await import("./report_failure.ts");
      const known = [...commandTable.keys()];
      await reportUnknownCommand(name, { args: commandArgs, help, known }, io);
    }
    return name === undefined && wantsHelp ? 0 : UNKNOWN_COMMAND_EXIT_CODE;
  }
  const command = await entry.load();
  if (wantsHelp) {
    io.err(await helpOf(command));
    return 0;
  }
  if (misplacedFlag) {
    io.err("Invalid flags before the subcommand. If these flags are for");
    io.err("the subcommand, please put them after the subcommand.\n");
    io.err(await helpOf(command));
    return 1;
  }
  try {
    return await command.run(commandArgs, io);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const { reportFailure } = await import("./report_failure.ts");
    await reportFailure(error, { name, args: commandArgs, usage: command.usage }, io);
    return 1;
  }
}

async function helpOf({ usage }: Command): Promise<string> {
  if (usage === undefined) return "";
  const { formatUsage } = await import("./usage.ts");
  return formatUsage(usage);
}

interface CommandLine {
  readonly name: string | undefined;
  readonly commandArgs: readonly string[];
  readonly wantsHelp: boolean;
  /** Whether a flag stands before the command. */
  readonly misplacedFlag: boolean;
}

const HELP_FLAGS = ["-h", "-help", "--help"];
const VERSION_FLAGS = ["-v", "--version"];

function scan(args: readonly string[]): CommandLine {
  // As in Serf, -v anywhere in the line runs the version command, with the whole line as its arguments.
  const line = args.some((arg) => VERSION_FLAGS.includes(arg)) ? ["version", ...args] : args;
  const end = line.indexOf("--");
  const scanned = end < 0 ? line : line.slice(0, end);
  const at = scanned.findIndex((arg) => arg !== "" && !arg.startsWith("-"));
  const before = at < 0 ? scanned : scanned.slice(0, at);
  // Serf lets "-version" stand before the command, although it does not print the version.
  const ignored = [...HELP_FLAGS, "-version", ""];
  return {
    name: scanned[at],
    commandArgs: line.slice(at + 1),
    wantsHelp: scanned.some((arg) => HELP_FLAGS.includes(arg)),
    misplacedFlag: before.some((arg) => !ignored.includes(arg)),
  };
}
