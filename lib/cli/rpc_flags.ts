/**
 * Where the agent is: the flags and environment variables of every command that talks to one.
 *
 * @module
 */

import { formatHostPort } from "../base/address.ts";
import type { CommandIo } from "./command_io.ts";
import type { FlagSpecs, FlagValues } from "../go/flags.ts";
import { RpcClient } from "../rpc/client/client.ts";
import { DEFAULT_RPC_ADDRESS, parseTcpEndpoint } from "../rpc/tcp_endpoint.ts";
import { labelled } from "./command_failure.ts";
import { requirePermissions } from "./require_permissions.ts";

/** The flags of the connection. */
export const rpcFlags = {
  "rpc-addr": {
    kind: "string",
    value: "host:port",
    help:
      `RPC address of the agent. Without this flag: $SERF_RPC_ADDR, else ${DEFAULT_RPC_ADDRESS}.`,
  },
  "rpc-auth": {
    kind: "string",
    value: "token",
    help: "Token that the agent asks for. Without this flag: $SERF_RPC_AUTH.",
  },
} as const satisfies FlagSpecs;

/**
 * Connects to the agent that the flags name or, where one is absent, the environment. Throws a `CommandFailure` if that
 * cannot be done.
 */
export async function connect(
  flags: FlagValues<typeof rpcFlags>,
  io: CommandIo,
): Promise<RpcClient> {
  const given = { address: flags["rpc-addr"], authKey: flags["rpc-auth"] };
  requirePermissions(
    ...netPermissions(given.address ?? DEFAULT_RPC_ADDRESS),
    ...envPermissions(given.address, "SERF_RPC_ADDR"),
    ...envPermissions(given.authKey, "SERF_RPC_AUTH"),
  );
  const address = given.address ?? (io.env("SERF_RPC_ADDR") || DEFAULT_RPC_ADDRESS);
  const authKey = given.authKey ?? io.env("SERF_RPC_AUTH");
  requirePermissions(...netPermissions(address));
  return await labelled(
    "Error connecting to Serf agent",
    RpcClient.connect({ address, authKey }),
  );
}

/** What dialling needs; nothing if the address is malformed, which dialling will say. */
function netPermissions(address: string): Deno.PermissionDescriptor[] {
  try {
    const { hostname, port } = parseTcpEndpoint(address, "dial");
    return [{ name: "net", host: formatHostPort(hostname || "127.0.0.1", port) }];
  } catch {
    return [];
  }
}

/** What a variable needs; nothing if a flag was given in its place. */
function envPermissions(flag: string | undefined, variable: string): Deno.PermissionDescriptor[] {
  return flag === undefined ? [{ name: "env", variable }] : [];
}
