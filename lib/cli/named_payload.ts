/**
 * The positional arguments of `serf event` and `serf query`: a name and a payload.
 *
 * @module
 */

import { encodeText } from "../base/text.ts";
import { CommandFailure } from "./command.ts";

/** The name of an event or query, and its payload. */
export interface NamedPayload {
  readonly name: string;
  /** `null` when no payload argument was given, which differs from an empty one. */
  readonly payload: Uint8Array | null;
}

/**
 * Parses `name [payload]`. Throws a {@link CommandFailure} if there is no name, with the message `missing`, and if there
 * are further arguments.
 */
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
