/**
 * `serf force-leave`.
 *
 * @module
 */

import { CommandFailure, labelled } from "../command.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Makes a failed member count as left; says nothing when it worked. */
export const forceLeave = rpcCommand({
  line: "serf force-leave [options] name",
  description:
    "Makes a member that failed and will not come back count as one that left, so that nobody tries to reach it any more. A member that is in fact alive stays in the cluster.",
  flags: {
    prune: { kind: "bool", help: "Also removes the member from the list of members at once." },
  },
  async run({ flags: { prune }, positionals, connect }) {
    if (positionals.length !== 1) {
      throw new CommandFailure("A node name must be specified to force leave.", { showHelp: true });
    }
    await using client = await connect();
    await labelled("Error force leaving", client.forceLeave(positionals[0], { prune }));
  },
});
