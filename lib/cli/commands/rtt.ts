/**
 * `serf rtt`.
 *
 * @module
 */

import { type Coordinate, distance } from "../../api/coordinate.ts";
import { goQuote } from "../../go/quote.ts";
import { getCoordinate, getInfo } from "../../rpc/client/requests.ts";
import type { RpcChannel } from "../../rpc/client/rpc_channel.ts";
import { CommandFailure, labelled } from "../command.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Estimates the round-trip time between two nodes. */
export const rtt = rpcCommand({
  line: "serf rtt [options] node1 [node2]",
  description:
    "Estimates the network round-trip time between two nodes from their coordinates, without sending anything between them. The second node defaults to that of the agent.",
  flags: {},
  async run({ positionals, print, connect }) {
    await using channel = await connect();
    if (positionals.length < 1 || positionals.length > 2) {
      throw new CommandFailure("One or two node names must be specified", { showHelp: true });
    }
    const [from, to = await ownName(channel)] = positionals;
    const seconds = distance(await coordinateOf(from, channel), await coordinateOf(to, channel));
    const ms = (seconds * 1000).toFixed(3);
    print({
      text: () => `Estimated ${from} <-> ${to} rtt: ${ms} ms`,
      json: () => ({ from, to, rtt_ms: Number(ms) }),
    });
  },
});

async function ownName(channel: RpcChannel): Promise<string> {
  const { agent } = await labelled("Error querying agent", getInfo(channel));
  return agent?.name ?? "";
}

async function coordinateOf(node: string, channel: RpcChannel): Promise<Coordinate> {
  const coordinate = await labelled("Error getting coordinates", getCoordinate(channel, node));
  if (coordinate === undefined) {
    throw new CommandFailure(`Could not find a coordinate for node ${goQuote(node)}`);
  }
  return coordinate;
}
