/**
 * What the commands that talk to an agent share: the flags and environment variables that say where it is, and the
 * connection to it.
 *
 * @module
 */

import { formatHostPort } from "../base/address.ts";
import { missingPermissions } from "../base/permissions.ts";
import {
  FlagError,
  type FlagSpecs,
  type FlagValues,
  type ParsedFlags,
  parseGoFlags,
} from "../go/flags.ts";
import { RpcClient } from "../rpc/client/client.ts";
import { DEFAULT_RPC_ADDRESS } from "../rpc/default_address.ts";
import { parseTcpEndpoint } from "../rpc/tcp_endpoint.ts";
import { type Command, CommandFailure, type CommandIo, flagFailure, labelled } from "./command.ts";
import { formatUsage, type Usage } from "./usage.ts";

/** The flags of the connection. */
const rpcFlags = {
  "rpc-addr": {
    kind: "string",
    value: "host:port",
    help: `RPC address of the agent. Default: $SERF_RPC_ADDR if set, else ${DEFAULT_RPC_ADDRESS}.`,
  },
  "rpc-auth": {
    kind: "string",
    value: "token",
    help: "RPC token, if the agent requires one. Default: $SERF_RPC_AUTH.",
  },
} as const satisfies FlagSpecs;

/** What a command runs with. */
export interface RpcCommandInput<F extends FlagSpecs> {
  readonly flags: FlagValues<F>;
  /** The arguments after the flags. */
  readonly positionals: readonly string[];
  readonly io: CommandIo;
  /** Connects to the agent that flags and environment name; throws a `CommandFailure` if that fails. */
  connect(): Promise<RpcClient>;
}

/** A command that talks to an agent: its help, its own flags, and its action. */
export interface RpcCommandDefinition<F extends FlagSpecs> extends Usage {
  readonly flags: F;
  /** Returns the exit code, or nothing for 0. Throws a {@link CommandFailure} to print an error and exit with 1. */
  run(input: RpcCommandInput<F>): Promise<number | void>;
}

/** Makes a command of its definition: adds the flags of the connection, and parses all flags. */
export function rpcCommand<const F extends FlagSpecs>(
  definition: RpcCommandDefinition<F>,
): Command {
  const specs = { ...definition.flags, ...rpcFlags };
  return {
    help: () => formatUsage({ ...definition, flags: specs }),
    async run(args, io) {
      const { flags, positionals } = parse(args, specs, io);
      const input = { flags, positionals, io, connect: () => connect(flags, io) };
      return await definition.run(input) ?? 0;
    },
  };
}

function parse<F extends FlagSpecs>(
  args: readonly string[],
  specs: F,
  io: CommandIo,
): ParsedFlags<F> {
  try {
    return parseGoFlags(args, specs);
  } catch (error) {
    throw error instanceof FlagError ? flagFailure(error, io) : error;
  }
}

/**
 * Connects to the agent that the flags name or, where a flag is absent, the environment. Throws a
 * {@link CommandFailure} if that fails.
 */
async function connect(
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

/** The permission to dial the address; none for a malformed address, for which dialling gives the error. */
function netPermissions(address: string): Deno.PermissionDescriptor[] {
  try {
    const { hostname, port } = parseTcpEndpoint(address, "dial");
    return [{ name: "net", host: formatHostPort(hostname || "127.0.0.1", port) }];
  } catch {
    return [];
  }
}

/** The permission to read a variable; none if the flag was given and the variable is not read. */
function envPermissions(flag: string | undefined, variable: string): Deno.PermissionDescriptor[] {
  return flag === undefined ? [{ name: "env", variable }] : [];
}

/** Throws a {@link CommandFailure} that names the flags for `deno run` that are missing, if any are. */
function requirePermissions(...needed: readonly Deno.PermissionDescriptor[]): void {
  const text = missingPermissions(needed);
  if (text !== undefined) throw new CommandFailure(text);
}
