/**
 * `serf version`. As in Serf, it ignores its arguments and has no help text.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { AGENT_PROTOCOL, VERSION } from "../version.ts";

/** Prints the version and the protocol versions. */
export const version: Command = {
  run(_args, io) {
    const { current, oldest } = AGENT_PROTOCOL;
    io.out(`${VERSION}\nAgent Protocol: ${current} (Understands back to: ${oldest})`);
    return 0;
  },
};
