/**
 * `serf force-leave`.
 *
 * @module
 */

import { CommandFailure, labelled } from "../command.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Marks a failed member as left; prints nothing on success. */
export const forceLeave = rpcCommand({
  line: "serf force-leave [options] node",
  description:
    "Marks a failed member that will not come back as left, so that the others stop trying to reconnect to it. A member that is still running stays in the cluster.",
  flags: {
    prune: { kind: "bool", help: "Also removes the member from the member list at once." },
  },
  async run({ flags: { prune }, positionals, connect }) {
    if (positionals.length !== 1) {
      throw new CommandFailure("A node name must be specified to force leave.", { showHelp: true });
    }
    await using client = await connect();
    await labelled("Error force leaving", client.forceLeave(positionals[0], { prune }));
  },
});
