/**
 * Joining in the background, again and again until it succeeds: `-retry-join`.
 *
 * @module
 */

import type { Log } from "../base/log.ts";
import { formatDuration } from "../go/duration.ts";
import { delay } from "../base/timer.ts";
import { failureText } from "../rpc/failure_text.ts";
import type { AgentConfig } from "./config/config.ts";
import {
  joinWithProviders,
  type JoinWithProvidersOptions,
} from "./join_providers/join_with_providers.ts";

/**
 * Joins the targets of `retry_join` at intervals until a member is reached, `retry_max_attempts` are used up, or the signal is
 * aborted. Resolves to whether one was reached.
 */
export async function retryJoin(
  config: AgentConfig,
  { agent, log, signal }: {
    readonly agent: JoinWithProvidersOptions["agent"];
    readonly log: Log;
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  const { retryJoin: targets, replayOnJoin: replay, retryIntervalMs, retryMaxAttempts } = config;
  for (let attempt = 1; !signal.aborted; attempt++) {
    log("INFO", `agent: Joining cluster...(replay: ${replay})`);
    try {
      const count = await joinWithProviders(targets, { agent, replay, log, signal });
      log("INFO", `agent: Join completed. Synced with ${count} initial agents`);
      return true;
    } catch (error) {
      if (signal.aborted) break;
      if (retryMaxAttempts > 0 && attempt > retryMaxAttempts) {
        log("ERR", "agent: maximum retry join attempts made, exiting");
        return false;
      }
      const wait = formatDuration(retryIntervalMs);
      log("WARN", `agent: Join failed: ${failureText(error)}, retrying in ${wait}`);
    }
    await delay(retryIntervalMs, signal);
  }
  return false;
}
