/**
 * `deno task bench:scale`: what clusters of rising size do in the simulator, as a table in Markdown.
 *
 *     deno task bench:scale --nodes 10,100
 */

import { parseArgs } from "@std/cli/parse-args";
import { measure, type Measured } from "./scale/measure.ts";
import { refuseUnknown } from "./selection.ts";
import { median, percentile } from "./statistics.ts";

const SIZES = "10,30,100,300,1000,3000,10000";
/** How many nodes die in all for each size, one in a small cluster and several in a large one. */
const DEATHS = 30;
/** Of so many nodes at least one dies. */
const NODES_PER_DEATH = 33;

interface Column {
  readonly title: string;
  cell(nodes: number, clusters: readonly Measured[]): string;
}

const columns: readonly Column[] = [
  { title: "nodes", cell: (nodes) => nodes.toLocaleString("en") },
  {
    title: "packets/node/s",
    cell: (_, clusters) => median(clusters.map(({ packets }) => packets)).toFixed(2),
  },
  { title: "suspected", cell: (_, all) => seconds(all, "suspectedMs") },
  { title: "declared", cell: (_, all) => seconds(all, "declaredMs") },
  { title: "known to all", cell: (_, all) => seconds(all, "knownMs") },
  { title: "wrongly", cell: (_, all) => `${total(all, "falseFailures")}` },
  { title: "event p50", cell: (_, all) => eventDelay(all, 50) },
  { title: "p99", cell: (_, all) => eventDelay(all, 99) },
  { title: "max", cell: (_, all) => eventDelay(all, 100) },
  { title: "formed in", cell: (_, all) => `${total(all, "formingSeconds").toFixed(1)} s` },
  {
    title: "virtual s/s",
    cell: (_, all) => formatRate(median(all.map(({ speed }) => speed))),
  },
  {
    title: "memory",
    cell: (_, all) => `${Math.max(...all.map((one) => one.residentBytes / 1e9)).toFixed(2)} GB`,
  },
];

/** The median, and the range in which all are. */
function seconds(
  clusters: readonly Measured[],
  key: "suspectedMs" | "declaredMs" | "knownMs",
): string {
  const samples = clusters.flatMap((cluster) => cluster[key]).map((ms) => ms / 1000);
  const [low, high] = [Math.min(...samples), Math.max(...samples)];
  return `${median(samples).toFixed(1)} s (${low.toFixed(1)}–${high.toFixed(1)})`;
}

function eventDelay(clusters: readonly Measured[], percent: number): string {
  const delays = clusters.flatMap(({ eventMs }) => [...eventMs]);
  return `${percentile(delays, percent).toFixed(0)} ms`;
}

function total(clusters: readonly Measured[], key: "falseFailures" | "formingSeconds"): number {
  return clusters.reduce((sum, cluster) => sum + cluster[key], 0);
}

function formatRate(rate: number): string {
  return rate.toLocaleString("en", { maximumSignificantDigits: 2 });
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

const { nodes: sizes } = parseArgs(Deno.args, {
  string: ["nodes"],
  default: { nodes: SIZES },
  unknown: refuseUnknown,
});
console.log(line(columns.map(({ title }) => title)));
console.log(line(columns.map(() => "---:")));
for (const nodes of String(sizes).split(",").map(Number)) {
  const deaths = Math.min(DEATHS, Math.max(1, Math.floor(nodes / NODES_PER_DEATH)));
  const clusters = Array.from(
    { length: Math.ceil(DEATHS / deaths) },
    (_, i) => measure({ nodes, seed: i + 1, deaths }),
  );
  console.log(line(columns.map(({ cell }) => cell(nodes, clusters))));
}
