/**
 * `serf tags`.
 *
 * @module
 */

import { updateTags } from "../../rpc/client/requests.ts";
import { CommandFailure, labelled } from "../command.ts";
import { rpcCommand } from "../rpc_command.ts";
import { parseTagFlags } from "../tag_pairs.ts";

/** Changes the tags of the agent. */
export const tags = rpcCommand({
  line: "serf tags [options]",
  description:
    "Changes the tags of the running agent and announces them to the cluster. A tag that is both deleted and set is set.",
  flags: {
    set: { kind: "list", value: "key=value", help: "Sets a tag." },
    delete: { kind: "list", value: "key", help: "Deletes a tag." },
  },
  async run({ flags, print, connect }) {
    if (flags.set.length === 0 && flags.delete.length === 0) {
      throw new CommandFailure("", {
        showHelp: true,
        hint: "Nothing to do: give -set or -delete.",
      });
    }
    await using channel = await connect();
    const set = parseTagFlags(flags.set);
    await labelled("Error setting tags", updateTags(channel, { set, delete: flags.delete }));
    print({
      text: () => "Successfully updated agent tags",
      json: () => ({ set: new Map(Object.entries(set)), deleted: flags.delete }),
    });
  },
});
