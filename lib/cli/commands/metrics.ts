/**
 * `serf metrics`, which the original Serf does not have: what an agent prints on SIGUSR1, without a signal.
 *
 * @module
 */

import { escapeControls } from "../../go/escape_controls.ts";
import { getMetrics } from "../../rpc/client/requests.ts";
import { labelled } from "../command.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Prints the metrics of the last minute. */
export const metrics = rpcCommand({
  line: "serf metrics [options]",
  description:
    "Shows what the agent has counted and measured in the last minute, in intervals of ten seconds: the same that it prints when it gets SIGUSR1. The original Serf does not have this command.",
  flags: {},
  async run({ io, format, print, connect }) {
    await using channel = await connect();
    const lines = await labelled("Error querying metrics", getMetrics(channel));
    if (format === "text" && lines.length === 0) {
      return io.err("Nothing yet: the first interval of ten seconds is not over");
    }
    print({ text: () => lines.map(escapeControls).join("\n"), json: () => ({ lines }) });
  },
});
