/**
 * `serf info`.
 *
 * @module
 */

import { getInfo } from "../../rpc/client/requests.ts";
import { labelled } from "../command.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Prints what the agent reports about itself. */
export const info = rpcCommand({
  line: "serf info [options]",
  description:
    "Shows what the agent reports about itself: its name, tags and event handlers, the state of its cluster, and its runtime.",
  flags: {},
  async run({ print, connect }) {
    await using channel = await connect();
    const stats = await labelled("Error querying agent", getInfo(channel));
    print({
      text: () => sorted(stats).map(([name, section]) => textSection(name, section)).join(""),
      json: () =>
        new Map(sorted(stats).map(([name, section]) => [name, new Map(Object.entries(section))])),
    });
  },
});

function textSection(name: string, section: Readonly<Record<string, string>>): string {
  const lines = sorted(section).map(([key, value]) => `\t${key} = ${value}\n`);
  return `${name}:\n${lines.join("")}`;
}

function sorted<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => a < b ? -1 : 1);
}
