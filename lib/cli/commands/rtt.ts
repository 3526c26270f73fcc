/**
 * `serf rtt`.
 *
 * @module
 */

import { goQuote } from "../../go/quote.ts";
import type { RpcClient } from "../../rpc/client/client.ts";
import { type Coordinate, distance } from "../../api/coordinate.ts";
import { CommandFailure, labelled } from "../command.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Estimates the round-trip time between two nodes. */
export const rtt = rpcCommand({
  line: "serf rtt [options] node1 [node2]",
  description:
    "Estimates the network round-trip time between two nodes from their coordinates, without sending anything between them. The second node defaults to that of the agent.",
  flags: {},
  async run({ positionals, print, connect }) {
    await using client = await connect();
    if (positionals.length < 1 || positionals.length > 2) {
      throw new CommandFailure("One or two node names must be specified", { showHelp: true });
    }
    const [from, to = await ownName(client)] = positionals;
    const seconds = distance(await coordinateOf(from, client), await coordinateOf(to, client));
    const ms = (seconds * 1000).toFixed(3);
    print({
      text: () => `Estimated ${from} <-> ${to} rtt: ${ms} ms`,
      json: () => ({ from, to, rtt_ms: Number(ms) }),
    });
  },
});

async function ownName(client: RpcClient): Promise<string> {
  const { agent } = await labelled("Error querying agent", client.info());
  return agent?.name ?? "";
}

async function coordinateOf(node: string, client: RpcClient): Promise<Coordinate> {
  const coordinate = await labelled("Error getting coordinates", client.coordinate(node));
  if (coordinate === undefined) {
    throw new CommandFailure(`Could not find a coordinate for node ${goQuote(node)}`);
  }
  return coordinate;
}
