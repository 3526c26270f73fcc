/**
 * What the versions of Serf word differently. Nothing else may depend on the version that a test runs against.
 *
 * @module
 */

/** What the newest version says, and what that was in Serf 0.8.2. */
const CHANGES: readonly (readonly [newer: RegExp, older: string])[] = [
  [/failed to join ([^\s:]+|\[[^\]]+\]):\d+: /g, "Failed to join $1: "],
  [/failed to resolve (?=\S+: )/g, "Failed to resolve "],
  [/removing the primary key/g, "Removing the primary key"],
  [/requested key is not in the keyring/g, "Requested key is not in the keyring"],
];

/** The words of Serf 0.8.2 for what any version said. */
export function inOldWords(text: string): string {
  return CHANGES.reduce((text, [newer, older]) => text.replace(newer, older), text);
}
