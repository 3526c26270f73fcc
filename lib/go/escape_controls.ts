/**
 * Text from the network, made safe to print: a name with a newline or an escape sequence must not forge a line of the
 * log or move the cursor of a terminal.
 *
 * @module
 */

// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
// deno-lint-ignore no-control-regex
const CONTROLS_IN_LINES = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Nearly all text is ASCII without controls, which is found out sooner than that there is nothing to replace. */
const PLAIN = /^[ -~]*$/;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Replaces control characters, and those that reverse the direction of text, by Go's escapes, as in `\n` or `\x1b`. */
export function escapeControls(text: string): string {
  return PLAIN.test(text) ? text : text.replace(CONTROLS, escape);
}

/** The same, for text that may have several lines and tabs. */
export function escapeControlsInLines(text: string): string {
  return PLAIN.test(text) ? text : text.replace(CONTROLS_IN_LINES, escape);
}

function escape(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.charCodeAt(0);
  return code < 0x80
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}
