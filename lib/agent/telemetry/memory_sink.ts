/**
 * The figures of the last minute.
 *
 * @module
 */

import type { FigureType, MetricSink } from "./telemetry.ts";

const INTERVAL_MS = 10_000;
/** Intervals that are kept, the running one included. */
const KEPT = 6;
/** Names of one type in one interval; anybody in the cluster can make up names of events. */
const MAX_NAMES = 4_096;

/** What one interval has seen of one name. */
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
  readonly summaries: Readonly<Record<FigureType, Map<string, Summary>>>;
}

/** Types in the order and in the letters of the report. */
const LETTERS = { g: "G", c: "C", ms: "S" } as const;

/** Sums figures up in intervals of ten seconds, for one minute. */
export class MemorySink implements MetricSink {
  readonly #now: () => number;
  readonly #intervals: Interval[] = [];

  /** `now` is the wall clock, in milliseconds since 1970. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  record(type: FigureType, name: string, value: number): void {
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

  /** A line for each name in each finished interval, oldest first: no line ends in a newline. */
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
    [...summaries[type as FigureType]].map(([name, summary]) => {
      const text = type === "g" ? summary.last.toFixed(3) : describeSummary(summary);
      return `[${goTime(start)}][${letter}] '${name}': ${text}`;
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

/** Of a sample: with one degree of freedom less. */
function standardDeviation({ count, sum, sumOfSquares }: Summary): number {
  if (count < 2) return 0;
  const variance = (count * sumOfSquares - sum * sum) / (count * (count - 1));
  // Rounding may bring it below zero when all values are the same.
  return Math.sqrt(Math.max(0, variance));
}

/** A time as Go prints it, in UTC: `2026-11-23 19:25:50.25 +0000 UTC`. */
function goTime(ms: number): string {
  const text = new Date(ms).toISOString().replace("T", " ").replace(/\.?0*Z$/, "");
  return `${text} +0000 UTC`;
}
