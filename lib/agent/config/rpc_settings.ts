/**
 * What the RPC server is started with: the settings of the configuration, and what the files that they name hold.
 *
 * @module
 */

import { errorText } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { readAuthFile } from "../../rpc/auth_file.ts";
import type { RpcServerOptions } from "../../rpc/server/server.ts";
import { readTlsFiles } from "../../rpc/tls_files.ts";
import type { ServerTlsOptions } from "../../rpc/tls_options.ts";
import type { AgentConfig } from "./config.ts";
import { StartupError } from "./startup_error.ts";
import { warnIfReadableByAll } from "./state_files.ts";

/** What is configured of a server. */
export interface RpcSettings extends Pick<RpcServerOptions, "authKey" | "maxClients"> {
  /** Where to listen, as for `openListener`. */
  readonly address: string;
  /** Absent if clients do not speak TLS. */
  readonly tls?: ServerTlsOptions;
}

/** Reads the files that the configuration names. Throws a {@link StartupError}. */
export function readRpcSettings(config: AgentConfig, log: Log): RpcSettings {
  const { rpcAddr: address, rpcMaxClients: maxClients } = config;
  try {
    return { address, maxClients, authKey: readToken(config, log), tls: readTls(config, log) };
  } catch (error) {
    throw new StartupError(`Error starting RPC listener: ${errorText(error)}`);
  }
}

function readToken({ rpcAuth, rpcAuthFile }: AgentConfig, log: Log): string {
  if (rpcAuthFile === "") return rpcAuth;
  if (rpcAuth !== "") throw new Error("RPC token not allowed while using an RPC auth file");
  const token = readAuthFile(rpcAuthFile);
  warnIfReadableByAll(rpcAuthFile, "RPC auth file", log);
  return token;
}

function readTls(
  { rpcTlsCert, rpcTlsKey, rpcTlsCa }: AgentConfig,
  log: Log,
): ServerTlsOptions | undefined {
  const { cert, key, ca } = readTlsFiles({ cert: rpcTlsCert, key: rpcTlsKey, ca: rpcTlsCa });
  if (cert === undefined || key === undefined) {
    if (ca === undefined) return undefined;
    throw new Error(
      "tls: certificates of clients are not verified without a certificate and a key",
    );
  }
  warnIfReadableByAll(rpcTlsKey, "RPC key file", log);
  return { cert, key, ca };
}
