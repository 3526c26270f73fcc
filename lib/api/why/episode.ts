/**
 * The part of a member's evidence that its present state comes from.
 *
 * @module
 */

import type { EvidenceEntry } from "./evidence.ts";

/** Entries that are further apart have nothing to do with each other, milliseconds: longer than any suspicion lasts on a WAN. */
const GAP_MS = 300_000;

/** What belongs to the trouble before it, however long ago that was: attempts to find whether it is over, and its end. */
const AFTERMATH: ReadonlySet<EvidenceEntry["what"]["type"]> = new Set(["reconnect", "alive"]);

/** The entries of the last trouble, and what came after it, oldest first. */
export function lastEpisode(entries: readonly EvidenceEntry[]): readonly EvidenceEntry[] {
  let start = entries.findLastIndex(({ what }) =>
    !AFTERMATH.has(what.type) && what.type !== "stalled"
  );
  while (start > 0 && entries[start].timeMs - entries[start - 1].lastMs <= GAP_MS) start--;
  return start < 0 ? [] : entries.slice(start);
}
