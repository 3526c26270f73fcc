/**
 * The metrics of the last minute, which SIGUSR1 makes the agent print, in the form of go-metrics' `InmemSink`.
 *
 * @module
 */

import { escapeControls } from "../../go/escape_controls.ts";
import type { MetricSink, MetricType } from "./telemetry.ts";

const INTERVAL_MS = 10_000;
/** How many intervals are kept, including the current one. */
const KEPT = 6;
/** The most names of one type in one interval: any member may send events of any name. */
const MAX_NAMES = 4_096;

/** The values of one name in one interval. */
interface Summary {
  count: number;
  sum: number;
  sumOfSquares: number;
  min: number;
  max: number;
  last: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
}

interface Interval {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly summaries: Readonly<Record<MetricType, Map<string, Summary>>>;
}

/** The letters of the types in the report, in its order. */
const LETTERS = { g: "G", c: "C", ms: "S" } as const;

/** Aggregates values in intervals of ten seconds, and keeps one minute. */
export class MemorySink implements MetricSink {
  readonly #now: () => number;
  readonly #intervals: Interval[] = [];

  /** `now` is the wall clock, in milliseconds since 1970. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  record(type: MetricType, name: string, value: number): void {
    const now = this.#now();
    const summaries = this.#current(now).summaries[type];
    let summary = summaries.get(name);
    if (summary === undefined) {
      if (summaries.size >= MAX_NAMES) return;
      summary = emptySummary();
      summaries.set(name, summary);
    }
    summary.count++;
    summary.sum += value;
    summary.sumOfSquares += value * value;
    summary.min = Math.min(summary.min, value);
    summary.max = Math.max(summary.max, value);
    summary.last = value;
    summary.updatedAt = now;
  }

  /** One line, without a newline, for each name in each finished interval, oldest first. */
  report(): string[] {
    const running = this.#current(this.#now());
    return this.#intervals.filter((interval) => interval !== running).flatMap(describeInterval);
  }

  #current(now: number): Interval {
    const start = now - now % INTERVAL_MS;
    const latest = this.#intervals.at(-1);
    if (latest?.start === start) return latest;
    const interval = { start, summaries: { g: new Map(), c: new Map(), ms: new Map() } };
    this.#intervals.push(interval);
    if (this.#intervals.length > KEPT) this.#intervals.shift();
    return interval;
  }
}

function emptySummary(): Summary {
  return {
    count: 0,
    sum: 0,
    sumOfSquares: 0,
    min: Infinity,
    max: -Infinity,
    last: 0,
    updatedAt: 0,
  };
}

function describeInterval({ start, summaries }: Interval): string[] {
  return Object.entries(LETTERS).flatMap(([type, letter]) =>
    [...summaries[type as MetricType]].map(([name, summary]) => {
      const text = type === "g" ? summary.last.toFixed(3) : describeSummary(summary);
      return `[${goTime(start)}][${letter}] '${escapeControls(name)}': ${text}`;
    })
  );
}

function describeSummary(summary: Summary): string {
  const { count, sum, min, max, updatedAt } = summary;
  const deviation = standardDeviation(summary);
  const spread = deviation === 0 ? [] : [
    `Min: ${min.toFixed(3)}`,
    `Mean: ${(sum / count).toFixed(3)}`,
    `Max: ${max.toFixed(3)}`,
    `Stddev: ${deviation.toFixed(3)}`,
  ];
  return [
    `Count: ${count}`,
    ...spread,
    `Sum: ${sum.toFixed(3)}`,
    `LastUpdated: ${goTime(updatedAt)}`,
  ].join(" ");
}

/** The standard deviation of a sample, which divides by `count - 1`. */
function standardDeviation({ count, sum, sumOfSquares }: Summary): number {
  if (count < 2) return 0;
  const variance = (count * sumOfSquares - sum * sum) / (count * (count - 1));
  // Rounding may make it negative when all values are the same.
  return Math.sqrt(Math.max(0, variance));
}

/** A time as Go prints it, in UTC: `2026-11-23 19:25:50.25 +0000 UTC`. */
function goTime(ms: number): string {
  const text = new Date(ms).toISOString().replace("T", " ").replace(/\.?0*Z$/, "");
  return `${text} +0000 UTC`;
}
