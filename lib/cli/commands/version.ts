/**
 * `serf version`. As in Serf, it has no help text.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { AGENT_PROTOCOL, VERSION } from "../version.ts";

/** Prints the version and the protocol versions. */
export const version: Command = {
  async run(args, io) {
    const { current, oldest } = AGENT_PROTOCOL;
    const text = `${VERSION}\nAgent Protocol: ${current} (Understands back to: ${oldest})`;
    // With -v, the arguments are those of any command.
    if (args.length === 0 || args.includes("-v") || args.includes("--version")) io.out(text);
    else {
      const { formatLocalResult } = await import("../parse_flags.ts");
      const json = () => ({ version: VERSION, agent_protocol: AGENT_PROTOCOL });
      io.out(formatLocalResult(args, { text: () => text, json }));
    }
    return 0;
  },
};
