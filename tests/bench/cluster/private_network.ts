/** A network of our own, so that nobody else's packets are counted and no process outlives the run. */

import { isolated, succeedsIsolated } from "../../soak/isolated_process.ts";

/** Set for the process that runs inside. */
const MARK = "SERF_BENCH_PRIVATE_NETWORK";

/** Whether this process has its network to itself. */
export const networkIsPrivate = Deno.env.has(MARK);

/**
 * Runs a module of ours again inside new network and process namespaces and exits with its code. Returns if this is
 * that run already, and where namespaces cannot be made, which takes Linux and root.
 */
export async function enterPrivateNetwork(module: string): Promise<void> {
  if (networkIsPrivate || !succeedsIsolated(["true"])) return;
  const command = [Deno.execPath(), "run", "--allow-all", new URL(module).pathname, ...Deno.args];
  const [program, ...args] = isolated(command);
  const inner = new Deno.Command(program, { args, env: { [MARK]: "1" } }).spawn();
  Deno.exit((await inner.status).code);
}

/** Where agents answer RPC: over IPv6 if there is any, so that the counters of IPv4 tell of nothing but gossip. */
export const rpcHost = hasIpv6() ? "::1" : "127.0.0.1";

function hasIpv6(): boolean {
  try {
    return Deno.readTextFileSync("/proc/net/if_inet6").includes(`${"1".padStart(32, "0")} `);
  } catch {
    return false;
  }
}
