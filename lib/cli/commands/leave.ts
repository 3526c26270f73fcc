/**
 * `serf leave`.
 *
 * @module
 */

import { labelled } from "../command.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Makes the agent leave its cluster and exit. */
export const leave = rpcCommand({
  line: "serf leave [options]",
  description:
    "Makes the agent leave its cluster gracefully and then exit. The other members see it as left, not as failed.",
  flags: {},
  async run({ print, connect }) {
    await using client = await connect();
    await labelled("Error leaving", client.leave());
    print({ text: () => "Graceful leave complete", json: () => ({ left: true }) });
  },
});
