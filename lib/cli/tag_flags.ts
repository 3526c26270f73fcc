/**
 * Tag flags, whose mistakes end a command.
 *
 * @module
 */

import { errorText } from "../base/errors.ts";
import { parseTagPairs } from "./tag_pairs.ts";
import { CommandFailure } from "./command_failure.ts";

/** Collects `key=value` pairs; throws a {@link CommandFailure} at one that is none. */
export function parseTagFlags(pairs: readonly string[]): Record<string, string> {
  try {
    return parseTagPairs(pairs);
  } catch (error) {
    throw new CommandFailure(`Error: ${errorText(error)}`);
  }
}
