/**
 * What somebody who mistyped a word may have meant.
 *
 * @module
 */

import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** The only word that begins like this one, or else the nearest, if at most a third of its characters differ. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const longer = word.length < 2 ? [] : words.filter((other) => other.startsWith(word));
  if (longer.length === 1) return longer[0];
  const [best] = words
    .map((other) => ({ other, distance: levenshteinDistance(word, other) }))
    .filter(({ other, distance }) => distance <= Math.ceil(other.length / 3))
    .sort((a, b) => a.distance - b.distance);
  return best?.other;
}
