/**
 * `serf force-leave`.
 *
 * @module
 */

import { formatJson } from "../../go/format_json.ts";
import type { RpcClient } from "../../rpc/client/client.ts";
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
  async run({ flags: { prune }, positionals, io, format, connect }) {
    if (positionals.length !== 1) {
      throw new CommandFailure("A node name must be specified to force leave.", { showHelp: true });
    }
    const [name] = positionals;
    await using client = await connect();
    const label = "Error force leaving";
    const known = await labelled(label, isKnown(name, client));
    await labelled(label, client.forceLeave(name, { prune }));
    if (format !== "text") io.out(formatJson({ name, known, prune }));
    else if (!known) io.err(`The agent knows no member with the name ${name}.`);
  },
});

/** Whether the agent has a member of this name. */
async function isKnown(name: string, client: RpcClient): Promise<boolean> {
  // Names without other characters need no care in an expression, and save asking for all members.
  const filter = /^[\w-]+$/.test(name) ? { name } : {};
  const members = await client.members(filter);
  return members.some((member) => member.name === name);
}
