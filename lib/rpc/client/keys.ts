/**
 * The keys of an agent's cluster.
 *
 * @module
 */

import { KeyManager, type KeyOperation, type KeyResult } from "../../api/keys.ts";
import { toBase64 } from "../../base/bytes.ts";
import { RpcError } from "../../base/errors.ts";
import type { RpcChannel } from "./rpc_channel.ts";

/** `RpcClient.keys`. */
export function keysOver(channel: RpcChannel): KeyManager {
  return new KeyManager((...request) => manageKeys(channel, ...request));
}

async function manageKeys(
  channel: RpcChannel,
  operation: KeyOperation,
  key: Uint8Array | string,
  { relayFactor }: { readonly relayFactor: number },
): Promise<KeyResult> {
  if (relayFactor !== 0) {
    throw new TypeError("Cannot use relayFactor: the RPC protocol has none for key operations");
  }
  const body = { Key: typeof key === "string" ? key : toBase64(key) };
  const { error, body: result } =
    await (operation === "list-keys"
      ? channel.call(operation, null)
      : channel.call(operation, body));
  if (result === null) throw new RpcError(operation, error);
  return {
    nodes: result.NumNodes,
    responses: result.NumResp,
    failures: result.NumErr,
    messages: result.Messages,
    keys: result.Keys ?? new Map(),
    primaryKeys: new Map(),
    error: error === "" ? undefined : error,
  };
}
