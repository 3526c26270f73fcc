/**
 * `serf join`.
 *
 * @module
 */

import { CommandFailure, labelled } from "../command.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Connects the agent to a cluster. */
export const join = rpcCommand({
  line: "serf join [options] address...",
  description:
    "Connects the agent to a cluster through one or more of its members. It worked if at least one of the addresses was reached.",
  flags: {
    replay: {
      kind: "bool",
      help: "Also delivers the user events that the cluster has seen recently, not only new ones.",
    },
  },
  async run({ flags: { replay }, positionals, io, connect }) {
    if (positionals.length === 0) {
      throw new CommandFailure("At least one address to join must be specified.", {
        showHelp: true,
      });
    }
    await using client = await connect();
    const count = await labelled(
      "Error joining the cluster",
      client.join(positionals, { replay }),
    );
    io.out(`Successfully joined cluster by contacting ${count} nodes.`);
  },
});
