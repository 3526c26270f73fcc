/**
 * Tables in aligned columns, as `serf members` and `serf keys` print them.
 *
 * @module
 */

import { trimSpace } from "../go/trim_space.ts";

const GAP = "  ";

/**
 * Aligns rows whose cells are separated by `|` and returns them joined by newlines.
 *
 * A `|` inside a value therefore makes a further column, as it does in the reference. Cells are trimmed; a column is as
 * wide as its longest cell in code points; every cell but the last of its row is padded and followed by two spaces.
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
