/**
 * A token in a file of its own, so that it is neither in a configuration that others read nor on a command line,
 * which every user of the machine can see.
 *
 * @module
 */

import { decodeText } from "../base/text.ts";
import { osErrorText } from "../go/os_error.ts";

/**
 * Reads a token: the content of the file without a newline at its end. Throws an `Error` that names the file; `kind` is
 * what it is called there.
 */
export function readAuthFile(path: string, kind = "RPC auth file"): string {
  const token = decodeText(readBytes(path, kind)).replace(/\r?\n$/, "");
  if (token === "") throw new Error(`${kind} ${path} is empty`);
  return token;
}

function readBytes(path: string, kind: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (cause) {
    throw new Error(`Failed to read ${kind}: open ${path}: ${osErrorText(cause)}`, { cause });
  }
}
