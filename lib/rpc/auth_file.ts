/**
 * The RPC token in a file of its own, so that it is neither in a configuration that others read nor on a command line,
 * which every user of the machine can see.
 *
 * @module
 */

import { decodeText } from "../base/text.ts";
import { osErrorText } from "../go/os_error.ts";

/** Reads a token: the content of the file without a newline at its end. Throws an `Error` that names the file. */
export function readAuthFile(path: string): string {
  const token = decodeText(readBytes(path)).replace(/\r?\n$/, "");
  if (token === "") throw new Error(`RPC auth file ${path} is empty`);
  return token;
}

function readBytes(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (cause) {
    throw new Error(`Failed to read RPC auth file: open ${path}: ${osErrorText(cause)}`, { cause });
  }
}
