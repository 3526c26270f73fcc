/**
 * The part of a member's evidence that its present state comes from.
 *
 * @module
 */

import type { EvidenceEntry } from "./evidence.ts";

/** Entries that are further apart have nothing to do with each other, milliseconds: longer than any suspicion lasts on a WAN. */
const GAP_MS = 300_000;

/**
 * What begins no trouble: attempts to find whether it is over, and its end, which belong to the one before, however long ago
 * that was; and what happened to the observer.
 */
const SEQUELS: ReadonlySet<EvidenceEntry["what"]["type"]> = new Set([
  "reconnect",
  "alive",
  "stalled",
]);

/** The entries of the last trouble, and what came after it, oldest first. */
export function lastEpisode(entries: readonly EvidenceEntry[]): readonly EvidenceEntry[] {
  let start = entries.findLastIndex(({ what }) => !SEQUELS.has(what.type));
  while (start > 0 && entries[start].timeMs - entries[start - 1].lastMs <= GAP_MS) start--;
  return start < 0 ? [] : entries.slice(start);
}
