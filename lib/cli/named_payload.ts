/**
 * The positional arguments that `serf event` and `serf query` have in common.
 *
 * @module
 */

import { encodeText } from "../base/text.ts";
import { CommandFailure } from "./command.ts";

/** What is sent, and what goes with it. */
export interface NamedPayload {
  readonly name: string;
  /** `null` when no payload argument was given, which differs from an empty one. */
  readonly payload: Uint8Array | null;
}

/** Takes `name [payload]`; throws a {@link CommandFailure} with `missing` when there is no name, or at a third argument. */
export function namedPayload(positionals: readonly string[], missing: string): NamedPayload {
  const [name, payload] = positionals;
  if (name === undefined) throw new CommandFailure(missing, { showHelp: true });
  if (positionals.length > 2) {
    throw new CommandFailure(
      "Too many command line arguments. Only a name and payload must be specified.",
      { showHelp: true },
    );
  }
  return { name, payload: payload === undefined ? null : encodeText(payload) };
}
