/**
 * `serf keygen`. It ignores its arguments.
 *
 * @module
 */

import type { Command } from "../command.ts";

/** The key size of AES-256. */
const KEY_BYTES = 32;

/** Prints a new random key in base64. */
export const keygen: Command = {
  usage: {
    line: "serf keygen",
    description:
      "Generates a random 32-byte key and prints it in base64, for the keys command and for the -encrypt flag of the agent.",
    flags: {},
  },
  run(_args, io) {
    io.out(crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toBase64());
    return 0;
  },
};
