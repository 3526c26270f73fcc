/**
 * The results of `serf simulate` as a chart: how failures become known, how events arrive, what that costs, and how long
 * views are wrong.
 *
 * @module
 */

import type { Distribution } from "../../sim/scenario/distribution.ts";
import type { Scenario } from "../../sim/scenario/scenario.ts";
import { describeScenario, formatTime, type Outcome } from "./report.ts";
import { drawPage, type Plot, type Point, roundUp } from "./svg_plot.ts";

/** Draws the chart, as the text of an SVG file. */
export function drawChart(outcomes: readonly Outcome[]): string {
  const { scenario } = outcomes[0];
  return drawPage({
    title: "Serf, simulated",
    subtitle: describeScenario(scenario),
    legend: outcomes.map(({ name }) => name),
    plots: [
      ...scenario.kills.length === 0 ? [] : [detectionPlot(outcomes)],
      ...scenario.events.length === 0 ? [] : [deliveryPlot(outcomes)],
      wrongViewsPlot(outcomes),
      trafficPlot(outcomes),
    ],
  });
}

const percentAxis = { label: "share of nodes, %", min: 0, max: 100 } as const;

function detectionPlot(outcomes: readonly Outcome[]): Plot {
  const times = outcomes.map(({ result }) => result.detection.each);
  const max = roundUp(Math.max(1, ...times.map((each) => each.max / 1000)));
  return {
    title: "A killed node is noticed",
    x: { label: "seconds after it was killed", min: 0, max },
    y: percentAxis,
    ...curves(times, { scale: 1000, from: 0, to: max }),
  };
}

function deliveryPlot(outcomes: readonly Outcome[]): Plot {
  const times = outcomes.map(({ result }) => result.delivery);
  const longest = Math.max(10, ...times.map((delivery) => delivery.max));
  const [min, max] = [1, 10 ** Math.ceil(Math.log10(longest))];
  const format = (ms: number) => ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
  return {
    title: "A user event arrives",
    x: { label: "time after it was sent", min, max, log: true, format },
    y: percentAxis,
    ...curves(times, { scale: 1, from: min, to: max }),
  };
}

/** Cumulative curves from one end of the axis to the other, with their percentiles. */
function curves(
  times: readonly Distribution[],
  { scale, from, to }: { scale: number; from: number; to: number },
): Pick<Plot, "lines" | "dots" | "notes"> {
  const shares = [0.5, 0.99];
  return {
    lines: times.map((distribution, color) => {
      const points = distribution.cumulative()
        .map(({ ms, share }): Point => [ms / scale, 100 * share]);
      const steps = points.flatMap((point, i): Point[] => [
        [point[0], points[i - 1]?.[1] ?? 0],
        point,
      ]);
      return { points: [[from, 0], ...steps, [to, points.at(-1)?.[1] ?? 0]], color };
    }),
    dots: times.flatMap((distribution, color) =>
      shares.flatMap((share) => {
        const ms = distribution.percentile(share);
        return ms === undefined ? [] : [{ at: [ms / scale, 100 * share] as const, color }];
      })
    ),
    notes: times.map((distribution, color) => ({
      text: shares
        .map((share) => `p${share * 100} ${formatTime(distribution.percentile(share))}`)
        .join(", "),
      color,
    })),
  };
}

function wrongViewsPlot(outcomes: readonly Outcome[]): Plot {
  const { scenario } = outcomes[0];
  const lines = outcomes.map(({ result }, color) => ({
    points: result.series.map(({ seconds, wrongShare }): Point => [seconds, 100 * wrongShare]),
    color,
  }));
  return {
    title: "Member lists are wrong",
    x: timeAxis(scenario),
    y: { label: "share of entries, %", min: 0, max: highest(lines, 0.1) },
    lines,
    marks: marksOf(scenario),
  };
}

function trafficPlot(outcomes: readonly Outcome[]): Plot {
  const { scenario } = outcomes[0];
  const lines = outcomes.map(({ result }, color) => ({
    points: result.series.map(({ seconds, bytesPerSecond }): Point => [seconds, bytesPerSecond]),
    color,
  }));
  return {
    title: "Datagrams that a node sends",
    x: timeAxis(scenario),
    y: {
      label: "kB per second",
      min: 0,
      max: highest(lines, 10),
      format: (bytes) => String(bytes / 1000),
    },
    lines,
    marks: marksOf(scenario),
  };
}

function timeAxis({ seconds }: Scenario) {
  return { label: "seconds", min: 0, max: seconds } as const;
}

function highest(lines: readonly { readonly points: readonly Point[] }[], least: number): number {
  return roundUp(
    lines.flatMap(({ points }) => points).reduce((max, [, y]) => Math.max(max, y), least),
  );
}

/** What happens when, once for each time. */
function marksOf({ kills, pauses, slow, partitions, seconds }: Scenario) {
  const texts = new Map<number, string[]>();
  const mark = (ms: number, text: string) => {
    if (ms > seconds * 1000) return;
    texts.set(ms / 1000, [...new Set([...texts.get(ms / 1000) ?? [], text])]);
  };
  for (
    const [kind, faults] of Object.entries({
      kill: kills,
      pause: pauses,
      slow,
      partition: partitions,
    })
  ) {
    for (const { atMs, forMs } of faults) {
      mark(atMs, kind);
      if (forMs !== undefined) mark(atMs + forMs, kind === "kill" ? "restart" : `${kind} ends`);
    }
  }
  return Array.from(texts, ([x, words]) => ({ x, text: words.join(", ") }));
}
