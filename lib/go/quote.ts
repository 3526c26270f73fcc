/**
 * Go's quoted strings, which stand in log lines and in what `serf monitor` prints.
 *
 * @module
 */

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

const PRINTABLE = /^[ \p{L}\p{M}\p{N}\p{P}\p{S}]$/u;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Quotes like Go's `strconv.Quote` and `%q`: in double quotes, printable characters as they are, others as `\n`, `\x07`,
 * `\u200b` or `\U000e0001`, and bytes that are not UTF-8 as `\xff`.
 */
export function goQuote(text: string | Uint8Array): string {
  return `"${typeof text === "string" ? escapeText(text) : escapeBytes(text)}"`;
}

function escapeText(text: string): string {
  let escaped = "";
  for (const character of text.toWellFormed()) escaped += escapeCharacter(character);
  return escaped;
}

function escapeCharacter(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  if (PRINTABLE.test(character)) return character;
  const code = character.codePointAt(0) as number;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function escapeBytes(bytes: Uint8Array): string {
  let escaped = "";
  for (let i = 0; i < bytes.length;) {
    const length = sequenceLength(bytes[i]);
    const character = length === 1
      ? String.fromCharCode(bytes[i])
      : decodeCharacter(bytes.subarray(i, i + length));
    escaped += character === undefined ? `\\x${hex(bytes[i], 2)}` : escapeCharacter(character);
    i += character === undefined ? 1 : length;
  }
  return escaped;
}

/** How many bytes the UTF-8 sequence that starts with `lead` has; 0 if none starts with it. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc0) return 0;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function decodeCharacter(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, "0");
}
