/**
 * The `key=value` arguments of tag flags.
 *
 * @module
 */

import { errorText } from "../base/errors.ts";
import { CommandFailure } from "./command.ts";

/**
 * Collects `key=value` pairs; the value may contain `=` and be empty, and the last one of a key wins. Throws a
 * `TypeError` with Serf's own message, for instance `Invalid tag: 'x'`, at a pair that has no `=` or no key.
 */
export function parseTagPairs(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => {
    const equals = pair.indexOf("=");
    if (equals < 1) throw new TypeError(`Invalid tag: '${pair}'`);
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  }));
}

/** The same for a command: throws a {@link CommandFailure} at a bad pair. */
export function parseTagFlags(pairs: readonly string[]): Record<string, string> {
  try {
    return parseTagPairs(pairs);
  } catch (error) {
    throw new CommandFailure(`Error: ${errorText(error)}`);
  }
}
