/**
 * `serf force-leave`.
 *
 * @module
 */

import { formatJson } from "../../go/format_json.ts";
import { forceLeaveMember, listMembers } from "../../rpc/client/requests.ts";
import type { RpcChannel } from "../../rpc/client/rpc_channel.ts";
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
    await using channel = await connect();
    const label = "Error force leaving";
    const known = await labelled(label, isKnown(name, channel));
    await labelled(label, forceLeaveMember(channel, name, { prune }));
    if (format !== "text") io.out(formatJson({ name, known, prune }));
    else if (!known) io.err(`The agent knows no member with the name ${name}.`);
  },
});

/** Whether the agent has a member of this name. */
async function isKnown(name: string, channel: RpcChannel): Promise<boolean> {
  // Names without other characters need no care in an expression, and save asking for all members.
  const filter = /^[\w-]+$/.test(name) ? { name } : {};
  const members = await listMembers(channel, filter);
  return members.some((member) => member.name === name);
}
