/** A report as a table, for people and in Markdown. */

import type { Row, Subject } from "./report.ts";
import { median } from "./statistics.ts";

interface Column {
  readonly title: string;
  /** Whether it is aligned to the right. */
  readonly numeric: boolean;
  cell(row: Row): string;
}

const labels: readonly Column[] = [
  { title: "benchmark", numeric: false, cell: (row) => row.benchmark },
  { title: "variant", numeric: false, cell: (row) => row.variant },
  { title: "metric", numeric: false, cell: (row) => row.metric },
  { title: "unit", numeric: false, cell: (row) => row.unit },
];

const targets: Column = {
  title: "target",
  numeric: true,
  cell: ({ target }) => target === undefined ? "" : `<= ${target}x`,
};

/** The columns of a report: medians of all subjects that it has, and our ratio to the others. */
function columnsOf(rows: readonly Row[]): readonly Column[] {
  const present = (subject: Subject) => rows.some(({ samples }) => samples[subject] !== undefined);
  const columns = [...labels, samplesOf("ours")];
  if (present("serf")) columns.push(samplesOf("serf"), ratioTo("serf"));
  if (rows.some(({ target }) => target !== undefined)) columns.push(targets);
  if (present("mixed")) columns.push(samplesOf("mixed"));
  if (present("floor")) columns.push(samplesOf("floor"), ratioTo("floor"));
  if (present("before")) columns.push(samplesOf("before"), ratioTo("before"));
  return columns;
}

function samplesOf(subject: Subject): Column {
  return { title: subject, numeric: true, cell: ({ samples }) => formatSamples(samples[subject]) };
}

function ratioTo(other: Subject): Column {
  const cell = ({ samples: { ours, [other]: theirs } }: Row) => {
    if (ours === undefined || theirs === undefined) return "";
    const ratio = median(ours) / median(theirs);
    return Number.isFinite(ratio) ? `${formatNumber(ratio)}x` : "";
  };
  return { title: `ours/${other}`, numeric: true, cell };
}

/** `median`, or `median [smallest–largest]`. */
function formatSamples(samples: readonly number[] | undefined): string {
  if (samples === undefined) return "";
  const middle = formatNumber(median(samples));
  if (samples.length === 1) return middle;
  const [low, high] = [Math.min(...samples), Math.max(...samples)].map(formatNumber);
  return `${middle} [${low}–${high}]`;
}

/** Three significant digits, but whole numbers in full. */
function formatNumber(value: number): string {
  if (Math.abs(value) >= 100) {
    return value.toLocaleString("en", { maximumFractionDigits: value < 1000 ? 1 : 0 });
  }
  return Number(value.toPrecision(3)).toString();
}

/** A table with aligned columns. */
export function formatTable(rows: readonly Row[]): string {
  const columns = columnsOf(rows);
  const lines = [columns.map(({ title }) => title), ...cellsOf(rows, columns)];
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => cells[i].length)));
  return lines.map((cells) =>
    cells.map((cell, i) => columns[i].numeric ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))
      .join("  ").trimEnd()
  ).join("\n");
}

/** The same table in Markdown. */
export function formatMarkdown(rows: readonly Row[]): string {
  const columns = columnsOf(rows);
  const lines = [
    columns.map(({ title }) => title),
    columns.map(({ numeric }) => numeric ? "---:" : "---"),
    ...cellsOf(rows, columns),
  ];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function cellsOf(rows: readonly Row[], columns: readonly Column[]): string[][] {
  return rows.map((row) => columns.map((column) => column.cell(row)));
}
