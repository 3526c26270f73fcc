/**
 * Whether an agent could start with a configuration, and would be reached by others.
 *
 * @module
 */

import type { Finding } from "../finding.ts";
import type { ConfigFacts, FileFacts, HostFacts, PortFacts } from "../facts.ts";

/** A snapshot is written every few minutes at least: an older one is of another life. */
const OLD_SNAPSHOT_MS = 24 * 3_600_000;

/** The configuration itself. */
export function checkSettings({ error, notices, openRpc }: ConfigFacts): Finding[] {
  if (error !== undefined) {
    return [{ status: "fail", seen: error, advice: "`serf agent -check-config` tells the place." }];
  }
  const findings: Finding[] = notices.map((seen) => ({ status: "warn", seen }));
  if (openRpc) {
    findings.push({
      status: "warn",
      seen: "RPC is open to other machines, without a token",
      advice: "Set -rpc-addr to a loopback address or a unix socket, or -rpc-auth-file.",
    });
  }
  return findings.length > 0 ? findings : [{ status: "ok", seen: "the configuration can be used" }];
}

/** The ports that the agent would listen on. */
export function checkPorts({ ports }: ConfigFacts): Finding[] {
  return ports.map(
    ({ purpose, address, error, holder, isTheAgent = false }: PortFacts): Finding => {
      const what = `${purpose} ${address}`;
      if (error === undefined) return { status: "ok", seen: `${what} is free` };
      if (isTheAgent) {
        return { status: "ok", seen: `${what} is used by the agent that runs already` };
      }
      if (error === "in use") {
        return {
          status: "fail",
          seen: `${what} is in use by ${describe(holder)}`,
          advice: "Stop that program, or choose another address.",
        };
      }
      return {
        status: "fail",
        seen: `${what}: ${error}`,
        advice: error === "not allowed"
          ? "Ports below 1024 take root, or CAP_NET_BIND_SERVICE."
          : "Bind to an address of this machine; others may be told another one with -advertise.",
      };
    },
  );
}

function describe(holder: PortFacts["holder"]): string {
  if (holder === undefined) return "another program, which this user may not see";
  return `pid ${holder.pid} (${holder.command})`;
}

/** The address that others would be told. */
export function checkFutureAddress(
  { advertise, joins }: ConfigFacts,
  { addresses }: HostFacts,
): Finding[] {
  if (advertise === undefined) return [];
  const host = advertise.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  const isLoopback = (host: string) => /^(127\.|::1$|\[::1\]|localhost)/.test(host);
  if (isLoopback(host)) {
    const elsewhere = joins.find((address) => !isLoopback(address));
    if (elsewhere === undefined) {
      return [{
        status: "ok",
        seen: `the agent would advertise ${advertise}, for this machine only`,
      }];
    }
    return [{
      status: "fail",
      seen:
        `the agent would advertise ${advertise}, and join ${elsewhere}, which cannot reach it there`,
      advice: "Set -bind or -advertise to an address that others reach.",
    }];
  }
  if (addresses.includes(host)) {
    return [{ status: "ok", seen: `the agent would advertise ${advertise}` }];
  }
  return [{
    status: "warn",
    seen: `the agent would advertise ${advertise}, which no interface of this machine has`,
    advice: "That is right behind address translation that forwards UDP and TCP of this port.",
  }];
}

/** The files that the agent would use. */
export function checkFiles({ files }: ConfigFacts): Finding[] {
  return files.map((file: FileFacts): Finding => {
    const { purpose, path, error, exists, ageMs = 0, readableByAll } = file;
    const what = `the ${purpose} file ${path}`;
    if (error !== undefined) {
      return { status: "fail", seen: `${what}: ${error}`, advice: "Correct it, or its rights." };
    }
    if (!exists) return { status: "ok", seen: `${what} does not exist yet` };
    if (purpose === "keyring" && readableByAll) {
      return {
        status: "warn",
        seen: `everybody on this machine can read ${what}`,
        advice: `chmod 600 ${path}`,
      };
    }
    if (purpose === "snapshot" && ageMs > OLD_SNAPSHOT_MS) {
      return {
        status: "warn",
        seen: `${what} is ${Math.floor(ageMs / 3_600_000 / 24)} days old`,
        advice: "The members in it may be gone: give the agent somebody to join too.",
      };
    }
    return { status: "ok", seen: `${what} can be used` };
  });
}
