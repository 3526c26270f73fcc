/**
 * Parsing the arguments of commands: a mistake in them is a failure of the command.
 *
 * @module
 */

import { FlagError, type FlagSpecs, type ParsedFlags, parseGoFlags } from "../go/flags.ts";
import { flagFailure, refuseArguments } from "./command.ts";
import { formatFlag, formatResult, type Formats } from "./output.ts";

/** Parses arguments; throws a `CommandFailure` for a mistake, and if they ask for help. */
export function parseFlags<const F extends FlagSpecs>(
  args: readonly string[],
  specs: F,
): ParsedFlags<F> {
  try {
    return parseGoFlags(args, specs);
  } catch (error) {
    throw error instanceof FlagError ? flagFailure(error) : error;
  }
}

/** The result of a command that has no flag but `-format`, as its arguments ask for it. */
export function formatLocalResult(args: readonly string[], result: Formats): string {
  const { flags, positionals } = parseFlags(args, { format: formatFlag });
  refuseArguments(positionals);
  return formatResult(flags.format, result);
}
