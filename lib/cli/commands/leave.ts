/**
 * `serf leave`.
 *
 * @module
 */

import { leaveCluster } from "../../rpc/client/requests.ts";
import { labelled } from "../command.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Makes the agent leave its cluster and exit. */
export const leave = rpcCommand({
  line: "serf leave [options]",
  description:
    "Makes the agent leave its cluster gracefully and then exit. The other members see it as left, not as failed.",
  flags: {},
  async run({ print, connect }) {
    await using channel = await connect();
    await labelled("Error leaving", leaveCluster(channel));
    print({ text: () => "Graceful leave complete", json: () => ({ left: true }) });
  },
});
