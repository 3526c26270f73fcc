/**
 * Looks at the machine that the doctor runs on.
 *
 * @module
 */

import type { Address } from "../../../base/address.ts";
import type { HostFacts, ProcessFacts } from "../facts.ts";
import {
  descriptorLimit,
  holderOf,
  readProcess,
  readSockets,
  receiveBufferErrors,
  type SocketEntry,
  socketsIn,
} from "./proc_files.ts";

/** Looks at this machine, and at the process of the agent that advertises an address, if it runs here. */
export async function gatherHostFacts(agentAddress?: Address): Promise<HostFacts> {
  const addresses = Deno.networkInterfaces().map(({ address }) => address);
  if (agentAddress === undefined) return { addresses };
  const found = await readSockets();
  const socket = gossipSocket(socketsIn(found), agentAddress);
  const pid = socket === undefined ? undefined : holderOf(socket.inode, found);
  return {
    addresses,
    receiveBufferErrors: receiveBufferErrors(found),
    process: socket === undefined || pid === undefined
      ? undefined
      : await processFacts(pid, socket.drops),
  };
}

/** The socket at this address, or else the only one at this port: the agent may advertise another address. */
function gossipSocket(
  sockets: readonly SocketEntry[],
  { host, port }: Address,
): SocketEntry | undefined {
  const here = sockets.filter((socket) => socket.protocol === "udp" && socket.port === port);
  return here.find((socket) => socket.host === host) ?? (here.length === 1 ? here[0] : undefined);
}

async function processFacts(pid: number, udpDrops: number): Promise<ProcessFacts> {
  const process = await readProcess(pid);
  return {
    pid,
    udpDrops,
    openDescriptors: Number(process.get("count") ?? 0),
    descriptorLimit: descriptorLimit(process),
  };
}
