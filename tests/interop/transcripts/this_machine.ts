/** What the machine of the recording had, or lacked, and this one does not. */

import { lookup } from "node:dns/promises";
import { type Difference, replace } from "./difference.ts";

/** Whether a name server says that a name does not exist, instead of saying nothing. */
async function hasNameServer(): Promise<boolean> {
  try {
    await lookup("nosuch.invalid");
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOTFOUND";
  }
}

async function hasMulticast(): Promise<boolean> {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: 0 });
  try {
    await socket.send(new Uint8Array(1), { transport: "udp", hostname: "224.0.0.251", port: 9 });
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}

function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

function hasSyslog(): boolean {
  return ["/dev/log", "/var/run/syslog", "/var/run/log"].some((path) => {
    try {
      return Deno.statSync(path).isSocket;
    } catch {
      return false;
    }
  });
}

/** What is different on this machine, whoever runs there. */
export async function findDifferencesHere(): Promise<Difference[]> {
  if (await hasNameServer()) return [];
  return [{
    where: ["join/*", "monitor/*"],
    reason: "this machine has no name server",
    adapt: replace(/(lookup nosuch\.invalid on \S+): no such host/g, "$1: server misbehaving"),
  }];
}

/** Why entries, as `file/name`, cannot be repeated on this machine. */
export const impossibleHere: ReadonlyMap<string, string> = new Map([
  ...await hasMulticast()
    ? []
    : [["agent-startup/discover", "this machine has no multicast"]] as const,
  ...hasIpv6() ? [] : [["agent-startup/bind-ipv6", "this machine has no IPv6"]] as const,
  ...hasSyslog() ? [["agent-startup/syslog", "this machine has a syslog"]] as const : [],
]);
