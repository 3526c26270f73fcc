/**
 * Joins whose targets may be providers of addresses: `dns+NAME`, `srv+NAME`, `file:PATH` and `exec:COMMAND`, of which each
 * join asks anew. All other targets are addresses, which the agent resolves as ever.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import { JoinError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { RpcAgent } from "../../rpc/server/rpc_agent.ts";
import { parseJoinProvider } from "./join_provider.ts";

/** Who joins. */
export interface JoinWithProvidersOptions {
  readonly agent: Pick<RpcAgent, "join"> & { readonly address: Address };
  readonly replay: boolean;
  readonly log: Log;
  /** Ends what providers run. The join itself cannot be ended. */
  readonly signal?: AbortSignal;
}

/**
 * Joins the targets, and resolves to how many members were reached. Rejects with a `JoinError` if none was, with the
 * failures of providers first; if some were, those are logged.
 */
export async function joinWithProviders(
  targets: readonly string[],
  { agent, replay, log, signal }: JoinWithProvidersOptions,
): Promise<number> {
  if (!targets.some(parseJoinProvider)) return await agent.join(targets, { replay });
  const { resolveProviders } = await import("./resolve_providers.ts");
  const { addresses, failures } = await resolveProviders(targets, { self: agent.address, signal });
  if (addresses.length === 0) throw new JoinError(failures);
  try {
    const count = await agent.join(addresses, { replay });
    for (const { reason } of failures) log("WARN", `agent: ${reason}`);
    return count;
  } catch (error) {
    if (!(error instanceof JoinError)) throw error;
    throw new JoinError([...failures, ...error.failures]);
  }
}
