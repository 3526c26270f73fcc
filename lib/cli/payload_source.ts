/**
 * Payloads that come from standard input or a file.
 *
 * @module
 */

import { joinBytes } from "../base/bytes.ts";
import { missingPermissions } from "../base/permissions.ts";
import { osErrorText } from "../go/os_error.ts";
import { CommandFailure, type CommandIo } from "./command.ts";

/** No agent takes more: an event or a query is one datagram. */
const MAX_BYTES = 65_536;

/** Reads standard input to its end. */
export async function readPayloadInput(io: CommandIo): Promise<Uint8Array> {
  return await readAll(io.input, "standard input");
}

/** Reads a file. */
export async function readPayloadFile(path: string): Promise<Uint8Array> {
  const missing = missingPermissions([{ name: "read", path }]);
  if (missing !== undefined) throw new CommandFailure(missing);
  try {
    const file = await Deno.open(path);
    return await readAll(file.readable, path);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    const reason = `open ${path}: ${osErrorText(error)}`;
    const hint =
      "A payload that begins with @ names a file; one that itself does is written with @@.";
    throw new CommandFailure(`Cannot read the payload: ${reason}`, { hint });
  }
}

async function readAll(
  source: AsyncIterable<Uint8Array>,
  name: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    length += chunk.length;
    if (length > MAX_BYTES) {
      throw new CommandFailure(`Cannot read the payload: ${name} has more than ${MAX_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return joinBytes(...chunks);
}
