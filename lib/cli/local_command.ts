/**
 * The arguments of commands that talk to no agent and have no flag but `-format`.
 *
 * @module
 */

import { FlagError, parseGoFlags } from "../go/flags.ts";
import { flagFailure, refuseArguments } from "./command.ts";
import { formatFlag, formatResult, type Formats } from "./output.ts";

/** The result of a command in the format that its arguments ask for. */
export function formatLocalResult(args: readonly string[], result: Formats): string {
  try {
    const { flags, positionals } = parseGoFlags(args, { format: formatFlag });
    refuseArguments(positionals);
    return formatResult(flags.format, result);
  } catch (error) {
    throw error instanceof FlagError ? flagFailure(error) : error;
  }
}
