/**
 * The connection of a command to an agent: the flags and environment variables that say where it is and what it wants to
 * see, and the permissions that Deno needs for it.
 *
 * @module
 */

import { formatHostPort } from "../base/address.ts";
import { errorText } from "../base/errors.ts";
import { missingPermissions } from "../base/permissions.ts";
import { parseDuration } from "../go/duration.ts";
import type { FlagSpecs, FlagValues } from "../go/flags.ts";
import { readAuthFile } from "../rpc/auth_file.ts";
import type { RpcClientOptions } from "../rpc/client/open_channel.ts";
import { DEFAULT_RPC_ADDRESS } from "../rpc/default_address.ts";
import { parseEndpoint } from "../rpc/endpoint.ts";
import { readTlsFiles } from "../rpc/tls_files.ts";
import type { RpcTlsOptions } from "../rpc/tls_options.ts";
import { CommandFailure, type CommandIo, labelled } from "./command.ts";

/** The flags of the connection. Each has an environment variable of its name, as in `SERF_RPC_ADDR`. */
export const rpcFlags = {
  "rpc-addr": {
    kind: "string",
    value: "addr",
    help: "RPC address of the agent: host:port, or unix: and a path as in unix:/run/serf.sock. " +
      `Default: $SERF_RPC_ADDR if set, else ${DEFAULT_RPC_ADDRESS}.`,
  },
  "rpc-auth": {
    kind: "string",
    value: "token",
    help: "RPC token, if the agent requires one. Default: $SERF_RPC_AUTH.",
  },
  "rpc-auth-file": {
    kind: "string",
    value: "path",
    help: "File with the RPC token. Default: $SERF_RPC_AUTH_FILE.",
  },
  "rpc-tls-ca": {
    kind: "string",
    value: "path",
    help: "Connect over TLS, to an agent whose certificate one of these, in PEM, has signed. " +
      "Default: $SERF_RPC_TLS_CA, else those that the system trusts.",
  },
  "rpc-tls-cert": {
    kind: "string",
    value: "path",
    help: "Connect over TLS with this certificate, in PEM. Default: $SERF_RPC_TLS_CERT.",
  },
  "rpc-tls-key": {
    kind: "string",
    value: "path",
    help: "Key of -rpc-tls-cert, in PEM. Default: $SERF_RPC_TLS_KEY.",
  },
  "rpc-tls-server-name": {
    kind: "string",
    value: "name",
    help: "Connect over TLS, to an agent whose certificate is for this name. " +
      "Default: $SERF_RPC_TLS_SERVER_NAME, else the host of the address.",
  },
  "rpc-timeout": {
    kind: "duration",
    value: "duration",
    help: "How long connecting, and the answer to each request, may take; 0 for no limit. " +
      "Default: $SERF_RPC_TIMEOUT if set, else 10s, without limit where the agent waits for others.",
  },
} as const satisfies FlagSpecs;

type RpcFlagValues = FlagValues<typeof rpcFlags>;

/**
 * Connects to the agent that the flags name or, where a flag is absent, the environment. Throws a
 * {@link CommandFailure} if that fails.
 */
export async function connectToAgent<T>(
  flags: RpcFlagValues,
  io: CommandIo,
  connect: (options: RpcClientOptions) => Promise<T>,
): Promise<T> {
  const { "rpc-addr": givenAddress, "rpc-auth": givenToken, "rpc-auth-file": givenFile } = flags;
  const address = givenAddress ?? (optionalVariable("SERF_RPC_ADDR", io) || DEFAULT_RPC_ADDRESS);
  requirePermissions(
    ...dialPermissions(address),
    ...givenAddress === undefined ? [envPermission("SERF_RPC_ADDR")] : [],
    ...givenToken === undefined && givenFile === undefined ? [envPermission("SERF_RPC_AUTH")] : [],
  );
  const authKey = tokenOf(flags, io);
  const tls = tlsOf(flags, io);
  const requestTimeoutMs = timeoutOf(flags, io);
  const timeoutMs = requestTimeoutMs === Infinity ? undefined : requestTimeoutMs;
  const options = { address, authKey, tls, timeoutMs, requestTimeoutMs };
  return await labelled(FAILURE, connect(options));
}

/** What a command says that cannot connect. */
const FAILURE = "Error connecting to Serf agent";

function tokenOf(flags: RpcFlagValues, io: CommandIo): string | undefined {
  const { "rpc-auth": token, "rpc-auth-file": file } = flags;
  if (token !== undefined && file !== undefined) {
    throw new CommandFailure(`${FAILURE}: -rpc-auth not allowed while using -rpc-auth-file`);
  }
  if (token !== undefined) return token;
  if (file !== undefined) return readToken(file);
  return io.env("SERF_RPC_AUTH") || readToken(optionalVariable("SERF_RPC_AUTH_FILE", io));
}

function readToken(path: string): string | undefined {
  return path === "" ? undefined : readingFiles([path], () => readAuthFile(path));
}

/** In milliseconds; `undefined` if no timeout is given. */
function timeoutOf(flags: RpcFlagValues, io: CommandIo): number | undefined {
  const timeoutMs = flags["rpc-timeout"] ?? timeoutVariable(io);
  if (timeoutMs === undefined || timeoutMs > 0) return timeoutMs;
  if (timeoutMs === 0) return Infinity;
  throw new CommandFailure(`${FAILURE}: -rpc-timeout and SERF_RPC_TIMEOUT cannot be negative`);
}

function timeoutVariable(io: CommandIo): number | undefined {
  const text = optionalVariable("SERF_RPC_TIMEOUT", io);
  try {
    return text === "" ? undefined : parseDuration(text);
  } catch {
    throw new CommandFailure(`${FAILURE}: SERF_RPC_TIMEOUT is no duration, such as 10s: ${text}`);
  }
}

/** `undefined` if nothing about TLS is given. */
function tlsOf(flags: RpcFlagValues, io: CommandIo): RpcTlsOptions | undefined {
  const ca = flags["rpc-tls-ca"] ?? optionalVariable("SERF_RPC_TLS_CA", io);
  const cert = flags["rpc-tls-cert"] ?? optionalVariable("SERF_RPC_TLS_CERT", io);
  const key = flags["rpc-tls-key"] ?? optionalVariable("SERF_RPC_TLS_KEY", io);
  const name = flags["rpc-tls-server-name"] ?? optionalVariable("SERF_RPC_TLS_SERVER_NAME", io);
  const paths = [ca, cert, key].filter((path) => path !== "");
  if (paths.length === 0 && name === "") return undefined;
  const files = readingFiles(paths, () => readTlsFiles({ ca, cert, key }));
  return { ...files, serverName: name || undefined };
}

function readingFiles<T>(paths: readonly string[], read: () => T): T {
  requirePermissions(...paths.map((path) => ({ name: "read", path } as const)));
  try {
    return read();
  } catch (error) {
    throw new CommandFailure(`${FAILURE}: ${errorText(error)}`);
  }
}

/** A variable that need not be readable. Whoever does not let Deno read it has not set it: it is then empty. */
export function optionalVariable(name: string, io: CommandIo): string {
  return missingPermissions([envPermission(name)]) === undefined ? io.env(name) ?? "" : "";
}

/** The permissions to dial the address; none for a malformed address, for which dialling gives the error. */
function dialPermissions(address: string): Deno.PermissionDescriptor[] {
  try {
    const endpoint = parseEndpoint(address, "dial");
    if ("path" in endpoint) {
      const { path } = endpoint;
      return [{ name: "net", host: address }, { name: "read", path }, { name: "write", path }];
    }
    const { hostname, port } = endpoint;
    return [{ name: "net", host: formatHostPort(hostname || "127.0.0.1", port) }];
  } catch {
    return [];
  }
}

function envPermission(variable: string): Deno.PermissionDescriptor {
  return { name: "env", variable };
}

/** Throws a {@link CommandFailure} that names the flags for `deno run` that are missing, if any are. */
function requirePermissions(...needed: readonly Deno.PermissionDescriptor[]): void {
  const text = missingPermissions(needed);
  if (text !== undefined) throw new CommandFailure(text);
}
