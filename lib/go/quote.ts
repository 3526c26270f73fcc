/**
 * Go's quoted strings, as they occur in log lines and in the output of `serf monitor`.
 *
 * @module
 */

import { decodeText, escapedByte } from "../base/text.ts";

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** Text that is the same within the quotes. */
const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * Quotes like Go's `strconv.Quote` and `%q`: in double quotes, printable characters as they are, others as `\n`, `\x07`,
 * `\u200b` or `\U000e0001`, and bytes that are not UTF-8 as `\xff`.
 */
export function goQuote(text: string | Uint8Array): string {
  return `"${escapeText(typeof text === "string" ? text : decodeText(text))}"`;
}

function escapeText(text: string): string {
  if (PLAIN.test(text)) return text;
  let escaped = "";
  for (const character of text) escaped += escapeCharacter(character);
  return escaped;
}

function escapeCharacter(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  if (isPrintable(character)) return character;
  const byte = escapedByte(character);
  if (byte !== undefined) return `\\x${hex(byte, 2)}`;
  if (!character.isWellFormed()) return "\ufffd";
  const code = character.codePointAt(0) as number;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

/** Asks for Unicode's classes only where it has to, because the first time takes two milliseconds. */
function isPrintable(character: string): boolean {
  if (character < "\x80") return character >= " " && character !== "\x7f";
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, "0");
}
