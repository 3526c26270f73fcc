/**
 * The positional arguments of `serf event` and `serf query`: a name and a payload.
 *
 * @module
 */

import { encodeText } from "../base/text.ts";
import { CommandFailure, type CommandIo } from "./command.ts";

/** The name of an event or query, and its payload. */
export interface NamedPayload {
  readonly name: string;
  /** `null` when no payload argument was given, which differs from an empty one. */
  readonly payload: Uint8Array | null;
}

/** What the help says of the payload. */
export const PAYLOAD_HELP =
  "A payload of - is read from standard input, one of @PATH from a file. A payload that itself begins with @ is written with @@, and one that is - is piped in.";

/**
 * Parses `name [payload]`. Throws a {@link CommandFailure} if there is no name, with the message `missing`, if there are
 * further arguments, and if the payload cannot be read.
 */
export async function namedPayload(
  [name, payload, ...surplus]: readonly string[],
  { missing, io }: { readonly missing: string; readonly io: CommandIo },
): Promise<NamedPayload> {
  if (name === undefined || name === "") throw new CommandFailure(missing, { showHelp: true });
  if (surplus.length > 0) {
    throw new CommandFailure(
      "Too many command line arguments. Only a name and payload must be specified.",
      { showHelp: true },
    );
  }
  return { name, payload: payload === undefined ? null : await readPayload(payload, io) };
}

async function readPayload(text: string, io: CommandIo): Promise<Uint8Array> {
  if (text.startsWith("@@")) return encodeText(text.slice(1));
  if (text !== "-" && !text.startsWith("@")) return encodeText(text);
  const { readPayloadFile, readPayloadInput } = await import("./payload_source.ts");
  return text === "-" ? await readPayloadInput(io) : await readPayloadFile(text.slice(1));
}
