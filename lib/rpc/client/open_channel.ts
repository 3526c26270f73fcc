/**
 * Connecting to an agent, and introducing oneself.
 *
 * @module
 */

import { checkNumber, checkOptions, checkText } from "../../api/arguments.ts";
import { DEFAULT_RPC_ADDRESS } from "../default_address.ts";
import { RPC_VERSION } from "../protocol.ts";
import { checkTlsOptions, type RpcTlsOptions } from "../tls_options.ts";
import { dial } from "./dial.ts";
import { RpcChannel } from "./rpc_channel.ts";

/** Where to connect, and how. */
export interface RpcClientOptions {
  /**
   * The agent's RPC address: `host:port`, or `unix:` and the path of a socket, as in `unix:/run/serf.sock`. Default
   * `127.0.0.1:7373`.
   */
  readonly address?: string;
  /** The token that the agent asks for. Default: none is sent. */
  readonly authKey?: string;
  /** Connects over TLS; `{}` for an agent whose certificate the system trusts. Default: no TLS. */
  readonly tls?: RpcTlsOptions;
  /** How long connecting, and writing a request, may each take. Default 10,000. */
  readonly timeoutMs?: number;
  /**
   * How long the agent may take to answer a request, once it has answered those before it. Default 10,000, as long as
   * connecting may take; without limit for those that wait for other members (joins, leaves, tags and keys).
   */
  readonly requestTimeoutMs?: number;
  /** Aborts connecting; has no effect afterwards. */
  readonly signal?: AbortSignal;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** A channel on which requests may be sent. Rejects as `RpcClient.connect` does. */
export async function openChannel(options: RpcClientOptions): Promise<RpcChannel> {
  checkOptions(options, ["address", "authKey", "tls", "timeoutMs", "requestTimeoutMs", "signal"]);
  const { address = DEFAULT_RPC_ADDRESS, authKey = "", tls, signal } = options;
  const { timeoutMs = DEFAULT_TIMEOUT_MS, requestTimeoutMs } = options;
  checkText("address", address, `text such as "${DEFAULT_RPC_ADDRESS}"`);
  checkText("authKey", authKey);
  if (tls !== undefined) checkTlsOptions(tls);
  checkNumber("timeoutMs", timeoutMs);
  if (requestTimeoutMs !== undefined) checkNumber("requestTimeoutMs", requestTimeoutMs);
  const connection = await dial(address, { tls, timeoutMs, signal });
  const channel = new RpcChannel(connection, {
    writeTimeoutMs: timeoutMs,
    answerTimeoutMs: requestTimeoutMs,
  });
  try {
    await channel.ask("handshake", { Version: RPC_VERSION }, { signal });
    if (authKey !== "") await channel.ask("auth", { AuthKey: authKey }, { signal });
  } catch (error) {
    await channel.close();
    if (tls === undefined) throw error;
    const { tlsRefusal } = await import("./secure.ts");
    throw tlsRefusal(error) ?? error;
  }
  return channel;
}
