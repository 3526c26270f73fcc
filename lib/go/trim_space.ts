/**
 * Go's notion of surrounding whitespace, which decides where the text of a command ends.
 *
 * @module
 */

/** Removes white space from both ends, by Unicode's White_Space property as Go's `strings.TrimSpace` does. */
export function trimSpace(text: string): string {
  return text.replace(/^\p{White_Space}+/u, "").replace(/\p{White_Space}+$/u, "");
}
