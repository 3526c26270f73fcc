/**
 * How results are printed: in aligned columns, or by the `-format` flag as text or JSON.
 *
 * @module
 */

import type { FlagSpec } from "../go/flags.ts";
import { formatJson, type JsonValue } from "../go/format_json.ts";
import { CommandFailure } from "./command.ts";

/** How a result is printed; `ndjson` is a JSON object a line, for what comes bit by bit. */
export type OutputFormat = "text" | "json" | "ndjson";

/** The formats of most commands. */
const FORMATS: readonly OutputFormat[] = ["text", "json"];

/** The declaration of the flag. */
export function formatFlagOf(formats = FORMATS) {
  const lines = formats.includes("ndjson") ? " ndjson is one JSON object a line." : "";
  return {
    kind: "string",
    value: formats.join("|"),
    default: "text",
    help: `Output format; in JSON, errors are JSON on standard error.${lines}`,
  } as const satisfies FlagSpec;
}

/** The flag of most commands. */
export const formatFlag = formatFlagOf();

/** The format with this name; throws a {@link CommandFailure} if it is not one of those that the command has. */
export function parseFormat(
  name: string,
  formats = FORMATS,
  failure = invalidFormat,
): OutputFormat {
  const format = formats.find((format) => format === name);
  if (format !== undefined) return format;
  const hint = `-format is one of ${formats.join(", ")}.`;
  throw new CommandFailure(failure(name), { hint });
}

function invalidFormat(name: string): string {
  return `Encoding error: Invalid output format "${name}"`;
}

/** A result as text and as JSON; only the requested form is built. */
export interface Formats {
  text(): string;
  json(): JsonValue;
}

/** Formats a result without white space around it; throws a {@link CommandFailure} for an unknown format. */
export function formatResult(format: string, { text, json }: Formats): string {
  return parseFormat(format) === "text" ? trimSpace(text()) : formatJson(json());
}

const GAP = "  ";

/**
 * Aligns rows whose cells are separated by `|` and returns them joined by newlines.
 *
 * As in Serf, a `|` inside a value makes a further column, cells are trimmed, a column is as wide as its longest cell in
 * code points, and every cell but the last of its row is padded and followed by two spaces.
 */
export function formatColumns(rows: readonly string[]): string {
  const table = rows.map((row) => row.split("|").map(trimSpace));
  const widths: number[] = [];
  for (const cells of table) {
    for (const [i, cell] of cells.entries()) {
      widths[i] = Math.max(widths[i] ?? 0, codePoints(cell));
    }
  }
  const pad = (cell: string, i: number, cells: readonly string[]) =>
    i === cells.length - 1 ? cell : cell + " ".repeat(widths[i] - codePoints(cell)) + GAP;
  return table.map((cells) => cells.map(pad).join("")).join("\n");
}

function codePoints(text: string): number {
  return [...text].length;
}

/**
 * All characters with Unicode's property White_Space, which `trim` does not quite have. Asking for the property itself
 * takes most of a millisecond the first time.
 */
const WHITE_SPACE = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** Removes white space from both ends, as Go's `strings.TrimSpace` does. */
function trimSpace(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && WHITE_SPACE.test(text[start])) start++;
  while (start < end && WHITE_SPACE.test(text[end - 1])) end--;
  return text.slice(start, end);
}
