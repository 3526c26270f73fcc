/**
 * `serf keygen`. It ignores its arguments.
 *
 * @module
 */

import { formatUsage } from "../usage.ts";
import type { Command } from "../command.ts";

/** AES-256. */
const KEY_BYTES = 32;

/** Prints a new random key in base64. */
export const keygen: Command = {
  help: () =>
    formatUsage({
      line: "serf keygen",
      description:
        "Prints a new random key that fits the -encrypt flag of the agent and the keys command.",
      flags: {},
    }),
  run(_args, io) {
    io.out(crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toBase64());
    return 0;
  },
};
