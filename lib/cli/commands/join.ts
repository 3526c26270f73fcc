/**
 * `serf join`.
 *
 * @module
 */

import { joinCluster } from "../../rpc/client/requests.ts";
import { CommandFailure, labelled } from "../command.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Makes the agent join a cluster. */
export const join = rpcCommand({
  line: "serf join [options] address...",
  description:
    "Makes the agent join a cluster by contacting one or more of its members. It is enough if one of the addresses is reached.",
  flags: {
    replay: {
      kind: "bool",
      help: "Also delivers recent user events from before the join, not only new ones.",
    },
  },
  async run({ flags: { replay }, positionals, print, connect }) {
    if (positionals.length === 0) {
      throw new CommandFailure("At least one address to join must be specified.", {
        showHelp: true,
      });
    }
    await using channel = await connect();
    const count = await labelled(
      "Error joining the cluster",
      joinCluster(channel, positionals, { replay }),
    );
    print({
      text: () => `Successfully joined cluster by contacting ${count} nodes.`,
      json: () => ({ joined: count }),
    });
  },
});
