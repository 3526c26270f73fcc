/**
 * `serf keygen`.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { formatFlag } from "../output.ts";

/** The key size of AES-256. */
const KEY_BYTES = 32;

/** Prints a new random key in base64. */
export const keygen: Command = {
  usage: {
    line: "serf keygen [options]",
    description:
      "Generates a random 32-byte key and prints it in base64, for the keys command and for the -encrypt flag of the agent.",
    flags: { format: formatFlag },
  },
  async run(args, io) {
    const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toBase64();
    if (args.length === 0) io.out(key);
    else {
      const { formatLocalResult } = await import("../parse_flags.ts");
      io.out(formatLocalResult(args, { text: () => key, json: () => ({ key }) }));
    }
    return 0;
  },
};
