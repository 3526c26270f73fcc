/**
 * JSON as Go's `encoding/json` writes it, with its order of keys and its escapes, because scripts may compare the output
 * of `serf` byte by byte.
 *
 * @module
 */

/** A value to print: an object keeps its order like a Go struct, a `Map` is sorted by key like a Go map. */
export type JsonValue =
  | null
  | boolean
  | string
  | number
  | readonly JsonValue[]
  | ReadonlyMap<string, JsonValue>
  | { readonly [field: string]: JsonValue };

/** Formats like Go's `json.MarshalIndent(value, "", "  ")`. */
export function formatJson(value: JsonValue): string {
  return format(value, "");
}

/** Formats like Go's `json.Marshal(value)`, on one line. */
export function formatJsonLine(value: JsonValue): string {
  if (typeof value === "string") return quote(value);
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map(formatJsonLine).join(",")}]`;
  const fields = entriesOf(value).map(([key, item]) => `${quote(key)}:${formatJsonLine(item)}`);
  return `{${fields.join(",")}}`;
}

/**
 * `JSON.stringify`, but with U+FFFD where a byte is not UTF-8, as Go has it: what stands for such a byte in a text is an
 * unpaired surrogate, and many parsers refuse a whole document for one.
 */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (!json.includes("\\ud")) return json;
  return json.replace(UNPAIRED_SURROGATES, (match) => match === "\\\\" ? match : "\\ufffd");
}

/** Their escapes, and those of backslashes, so that these are not taken for the beginning of one. */
const UNPAIRED_SURROGATES = /\\(?:\\|ud[89a-f]..)/g;

function format(value: JsonValue, margin: string): string {
  if (typeof value === "string") return quote(value);
  if (value === null || typeof value !== "object") return String(value);
  const inner = `${margin}  `;
  const items = Array.isArray(value)
    ? value.map((item) => format(item, inner))
    : entriesOf(value).map(([key, item]) => `${quote(key)}: ${format(item, inner)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (items.length === 0) return open + close;
  return `${open}\n${inner}${items.join(`,\n${inner}`)}\n${margin}${close}`;
}

function entriesOf(value: object): [string, JsonValue][] {
  if (value instanceof Map) return [...value].sort(([a], [b]) => a < b ? -1 : 1);
  return Object.entries(value);
}

/** What Go escapes differently from `JSON.stringify`: for a byte that is not UTF-8, it writes the escape of U+FFFD. */
const EXTRA_ESCAPES = /[<>&\u2028\u2029]|\\(?:[\\bf]|ud[89a-f]..)/g;

function quote(text: string): string {
  return JSON.stringify(text).replace(EXTRA_ESCAPES, (match) => {
    if (match === "\\\\") return match;
    if (match.startsWith("\\u")) return "\\ufffd";
    const code = match === "\\b" ? 8 : match === "\\f" ? 12 : match.charCodeAt(0);
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
