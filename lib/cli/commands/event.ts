/**
 * `serf event`.
 *
 * @module
 */

import { sendUserEvent } from "../../rpc/client/requests.ts";
import { labelled } from "../command.ts";
import { namedPayload, PAYLOAD_HELP } from "../named_payload.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Sends a user event to all members. */
export const event = rpcCommand({
  line: "serf event [options] name [payload]",
  description:
    `Sends a user event, with a payload if one is given, to every member of the cluster. Members run the event handlers that they have for it.\n\n${PAYLOAD_HELP}`,
  flags: {
    coalesce: {
      kind: "bool",
      default: true,
      help:
        "Lets members merge events of this name that arrive in quick succession: only the newest is then delivered.",
    },
  },
  async run({ flags: { coalesce }, positionals, io, print, connect }) {
    const { name, payload } = await namedPayload(positionals, {
      missing: "An event name must be specified.",
      io,
    });
    await using channel = await connect();
    await labelled("Error sending event", sendUserEvent(channel, name, payload, { coalesce }));
    print({
      text: () => `Event '${name}' dispatched! Coalescing enabled: ${coalesce}`,
      json: () => ({ event: name, coalesce }),
    });
  },
});
