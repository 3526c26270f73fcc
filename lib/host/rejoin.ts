/**
 * Rejoining after a restart: Serf tries the members that its snapshot lists as alive (`handleRejoin`).
 *
 * @module
 */

import type { Log } from "../base/log.ts";
import type { Address } from "../base/address.ts";
import { escapeControls } from "../go/escape_controls.ts";

/** How members are contacted. */
export interface RejoinContext {
  /** The name of this node, which is not contacted. */
  readonly self: string;
  readonly log: Log;
  /** Exchanges state with a member; resolves to whether that succeeded. */
  readonly contact: (address: Address) => Promise<boolean>;
}

/**
 * Contacts the members that were alive until the first is reached. The order is random, so that nodes that restart
 * together do not all contact the same member.
 */
export async function rejoin(
  previous: ReadonlyMap<string, Address>,
  { self, log, contact }: RejoinContext,
): Promise<void> {
  if (previous.size === 0) return;
  for (const [name, address] of inRandomOrder(previous)) {
    if (name === self) continue;
    const node = `previously known node: ${escapeControls(name)}: ${address}`;
    log("INFO", `serf: Attempting re-join to ${node}`);
    if (!await contact(address)) continue;
    log("INFO", `serf: Re-joined to ${node}`);
    return;
  }
  log("WARN", "serf: Failed to re-join any previously known node");
}

function inRandomOrder<T>(items: Iterable<T>): T[] {
  return Array.from(items, (item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
