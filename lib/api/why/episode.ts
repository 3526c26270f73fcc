/**
 * The part of a member's evidence that its present state comes from.
 *
 * @module
 */

import type { EvidenceEntry } from "./evidence.ts";

/** Entries that are further apart have nothing to do with each other, milliseconds: longer than any suspicion lasts on a WAN. */
const GAP_MS = 300_000;

/**
 * The entries of the last trouble, and what came after it, oldest first. A return long after the trouble belongs to it,
 * because it is how that ended.
 */
export function lastEpisode(entries: readonly EvidenceEntry[]): readonly EvidenceEntry[] {
  let start = entries.findLastIndex(({ what }) => what.type !== "alive" && what.type !== "stalled");
  while (start > 0 && entries[start].timeMs - entries[start - 1].lastMs <= GAP_MS) start--;
  return start < 0 ? [] : entries.slice(start);
}
