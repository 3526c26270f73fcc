/**
 * The recordings that are kept as regression tests.
 *
 * @module
 */

import { Recording } from "../../lib/recording/recording.ts";

/** Where they are, each as one segment. */
export const keptFolder: URL = new URL("kept/", import.meta.url);

/** All of them. */
export function keptRecordings(): URL[] {
  return [...Deno.readDirSync(keptFolder)].map(({ name }) => name).sort()
    .map((name) => new URL(name, keptFolder));
}

/** Opens one. */
export function readKept(kept: URL): Recording {
  return new Recording([{ name: kept.pathname, load: () => Deno.readFileSync(kept) }]);
}
