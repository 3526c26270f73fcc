/**
 * `serf event`.
 *
 * @module
 */

import { labelled } from "../command.ts";
import { namedPayload } from "../named_payload.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Sends a user event to all members. */
export const event = rpcCommand({
  line: "serf event [options] name [payload]",
  description:
    "Sends a user event to every member of the cluster. Members that handle events of that name run their handlers with the payload.",
  flags: {
    coalesce: {
      kind: "bool",
      default: true,
      help:
        "Whether members may merge events of this name that arrive in quick succession, and so see only the newest.",
    },
  },
  async run({ flags: { coalesce }, positionals, io, connect }) {
    const { name, payload } = namedPayload(positionals, "An event name must be specified.");
    await using client = await connect();
    await labelled("Error sending event", client.event(name, payload, { coalesce }));
    io.out(`Event '${name}' dispatched! Coalescing enabled: ${coalesce}`);
  },
});
