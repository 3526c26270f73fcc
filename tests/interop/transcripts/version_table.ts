/** The table of what the versions of Serf do differently, made of what programs printed. */

import { versionChanges } from "../versions.ts";
import type { Observation } from "./recording.ts";

const BEGIN = "<!-- Made by `deno task interop:matrix`. -->\n";
const END = "\n<!-- End -->";

/** What one program did, by behaviour. */
export type Facts = Readonly<Record<string, string>>;

/** What the runs of one program show of each change. */
export function factsOf(observationOf: (run: string) => Observation | undefined): Facts {
  return Object.fromEntries(versionChanges.map(({ behaviour, run, shows }) => {
    const { stdout = "", stderr = "", lines = [] } = observationOf(run) ?? {};
    const text = [stdout, stderr, ...lines].join("\n");
    const found = Array.from(
      text.matchAll(shows),
      ([whole, ...groups]) => groups.length > 0 ? groups.join(" … ") : whole,
    );
    return [behaviour, found.map((text) => text.trim()).sort().join("; ")];
  }));
}

/** The table in Markdown. */
export function formatVersionTable(columns: ReadonlyMap<string, Facts>): string {
  const rows = versionChanges.map(({ behaviour }) => [
    behaviour,
    ...columns.values().map((facts) => cell(facts[behaviour])),
  ]);
  const head = ["when", ...columns.keys()];
  return [head, head.map(() => ":--"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function cell(text: string): string {
  return text === "" ? "–" : `\`${text.replaceAll("|", "\\|")}\``;
}

/** The cells of the table in a text: by column, then by behaviour. */
export function readVersionTable(text: string): Map<string, Map<string, string>> {
  const table = text.slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END));
  const [head, _line, ...rows] = table.trim().split("\n")
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
  return new Map(
    head.slice(1).map((name, i) =>
      [name, new Map(rows.map((row) => [row[0], row[i + 1]]))] as const
    ),
  );
}

/** The cells that a column must have. */
export function columnOf(facts: Facts): Map<string, string> {
  return new Map(versionChanges.map(({ behaviour }) => [behaviour, cell(facts[behaviour])]));
}

/** Puts a new table into a text. */
export function replaceVersionTable(text: string, table: string): string {
  const [begin, end] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  return `${text.slice(0, begin)}\n${table}\n${text.slice(end)}`;
}
