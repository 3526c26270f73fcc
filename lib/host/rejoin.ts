/**
 * Finding the way back into the cluster after a restart.
 *
 * @module
 */

import type { Log } from "../base/log.ts";
import type { Address } from "../base/address.ts";

/** Who is asking, and how. */
export interface RejoinContext {
  /** Our own name; we do not join ourselves. */
  readonly self: string;
  readonly log: Log;
  /** Exchanges state with a member; resolves to whether that worked. */
  readonly contact: (address: Address) => Promise<boolean>;
}

/**
 * Tries the members that a snapshot remembers as alive, in random order so that a restart of many does not fall upon
 * one, until the first can be reached. Does nothing if there are none.
 */
export async function rejoin(
  previous: ReadonlyMap<string, Address>,
  { self, log, contact }: RejoinContext,
): Promise<void> {
  if (previous.size === 0) return;
  for (const [name, address] of inRandomOrder(previous)) {
    if (name === self) continue;
    log("INFO", `serf: Attempting re-join to previously known node: ${name}: ${address}`);
    if (!await contact(address)) continue;
    log("INFO", `serf: Re-joined to previously known node: ${name}: ${address}`);
    return;
  }
  log("WARN", "serf: Failed to re-join any previously known node");
}

function inRandomOrder<T>(items: Iterable<T>): T[] {
  return Array.from(items, (item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
