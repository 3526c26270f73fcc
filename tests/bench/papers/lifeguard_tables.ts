/** The tables of the Lifeguard paper. */

import { median, sum } from "../statistics.ts";
import {
  type Experiment,
  type FalsePositives,
  measureFalsePositives,
  measureLatencies,
} from "./anomalies.ts";
import { markdown, percentOf, type Run, seedsFrom } from "./markdown.ts";
import { lifeguard, ours, swim, type Variant, type VariantName, variants } from "./variants.ts";

/** The values of the paper's Tables II and III; times are milliseconds. */
const CONCURRENT = [1, 4, 8, 12, 16, 20, 24, 28, 32];
const DURATIONS = [128, 512, 2_048, 8_192, 16_384, 32_768];
const INTERVALS = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384];
const NODES = 128;
const REPETITIONS = 10;
const NAMES = Object.keys(variants) as VariantName[];

type IntervalExperiment = Experiment & { readonly intervalMs: number };

/**
 * One run for each anomaly that outlasts a suspicion timeout, which is 10.5 s, and each number of slow members. The intervals
 * take turns. Shorter anomalies cause no false positives, and all combinations would take many hours.
 */
function sampled(seed: number): IntervalExperiment[] {
  return CONCURRENT.flatMap((concurrent, i) =>
    [16_384, 32_768].map((durationMs, j) => {
      const intervalMs = INTERVALS[(i + 4 * j) % INTERVALS.length];
      return { nodes: NODES, seed: seed + 2 * i + j, concurrent, durationMs, intervalMs };
    })
  );
}

function experiments({ seed, size }: Run): IntervalExperiment[] {
  switch (size) {
    case "quick":
      return [4, 12].map((concurrent) => (
        { nodes: 32, seed, concurrent, durationMs: 16_384, intervalMs: 64 }
      ));
    case "usual":
      return sampled(seed);
    case "full":
      return seedsFrom(seed, REPETITIONS).flatMap((each) =>
        CONCURRENT.flatMap((concurrent) =>
          DURATIONS.flatMap((durationMs) =>
            INTERVALS.map((intervalMs) => (
              { nodes: NODES, seed: each, concurrent, durationMs, intervalMs }
            ))
          )
        )
      );
  }
}

/** Tables IV and VI: false positives of all members and of healthy ones, datagrams and bytes, as shares of SWIM. */
const PUBLISHED: Readonly<Record<VariantName, readonly string[]>> = {
  "SWIM": ["100 %", "100 %", "100 %", "100 %"],
  "LHA-Probe": ["67.72 %", "32.88 %", "98.46 %", "90.03 %"],
  "LHA-Suspicion": ["3.00 %", "6.71 %", "111.31 %", "106.52 %"],
  "Buddy System": ["94.08 %", "44.57 %", "100.07 %", "99.01 %"],
  "Lifeguard": ["1.53 %", "1.89 %", "110.59 %", "97.97 %"],
  "ours": ["", "", "", ""],
};
const COUNTED = ["atAll", "atHealthy", "packets", "bytes"] as const;

/** What was counted in each experiment, by variant. */
export type Counts = ReadonlyMap<VariantName, readonly FalsePositives[]>;

/** Runs the Interval experiments with every variant. */
export function countFalsePositives(run: Run): Counts {
  const all = experiments(run);
  return new Map(NAMES.map((name) => [
    name,
    all.map((experiment) => measureFalsePositives(experiment, variants[name])),
  ]));
}

/** The sum of a figure of a variant over all experiments. */
export function total(counts: Counts, name: VariantName, key: keyof FalsePositives): number {
  return sum((counts.get(name) ?? []).map((one) => one[key]));
}

/** Tables IV and VI, and Figure 2: false positives by the number of slow members. */
export function falsePositiveTables(run: Run): string {
  const counts = countFalsePositives(run);
  const shares = NAMES.map((name) => [
    name,
    `${total(counts, name, "atAll")}`,
    ...COUNTED.flatMap((key, i) => [
      PUBLISHED[name][i],
      percentOf(total(counts, "SWIM", key), total(counts, name, key)),
    ]),
  ]);
  const pairs = ["share", "at healthy", "datagrams", "bytes"].flatMap((
    what,
  ) => [`${what}: paper`, "here"]);
  const groups = Map.groupBy(experiments(run).entries(), ([, { concurrent }]) => concurrent);
  const rows = [...groups].map(([concurrent, group]) => [
    `${concurrent}`,
    ...NAMES.map((name) => `${sum(group.map(([i]) => counts.get(name)?.[i].atAll ?? 0))}`),
  ]);
  return [
    markdown(["false positives", "count here", ...pairs], shares),
    markdown(["slow members", ...NAMES], rows),
  ].join("\n\n");
}

/** The variants of Table VII with the highest beta, ours, and the published medians as shares of SWIM. */
const TIMED: readonly {
  readonly name: string;
  readonly tune: Variant;
  readonly published: readonly [first: string, full: string];
}[] = [
  { name: "SWIM", tune: swim, published: ["100 %", "100 %"] },
  { name: "Lifeguard, alpha 5", tune: lifeguard, published: ["100.08 %", "100.08 %"] },
  {
    name: "Lifeguard, alpha 4",
    tune: { ...lifeguard, suspicionMult: 4 },
    published: ["83.12 %", "84.42 %"],
  },
  {
    name: "Lifeguard, alpha 2",
    tune: { ...lifeguard, suspicionMult: 2 },
    published: ["54.34 %", "56.74 %"],
  },
  { name: "ours, alpha 5", tune: ours, published: ["", ""] },
];

/** Median times until slow members were first declared failed, and until all healthy ones knew, seconds. */
export interface MedianLatency {
  readonly name: string;
  readonly first: number;
  readonly full: number;
}

/** Runs the Threshold experiments. */
export function measureMedianLatencies({ seed, size }: Run): readonly MedianLatency[] {
  const quick = size === "quick";
  const seeds = seedsFrom(seed, { quick: 2, usual: 3, full: REPETITIONS }[size]);
  const concurrents = { quick: [8], usual: [1, 8, 16, 32], full: CONCURRENT }[size];
  return TIMED.map(({ name, tune }) => {
    const all = seeds.flatMap((each) =>
      concurrents.map((concurrent) =>
        measureLatencies({
          nodes: quick ? 32 : NODES,
          seed: each,
          concurrent,
          durationMs: 32_768,
        }, tune)
      )
    );
    const seconds = (key: "firstMs" | "fullMs") => median(all.flatMap((one) => one[key])) / 1_000;
    return { name, first: seconds("firstMs"), full: seconds("fullMs") };
  });
}

/** Table VII: detection latencies as shares of SWIM's. */
export function latencyTable(run: Run): string {
  const all = measureMedianLatencies(run);
  const rows = all.map(({ name, first, full }, i) => [
    name,
    `${first.toFixed(2)} s`,
    TIMED[i].published[0],
    percentOf(all[0].first, first),
    `${full.toFixed(2)} s`,
    TIMED[i].published[1],
    percentOf(all[0].full, full),
  ]);
  return markdown(
    ["median latency", "first", "share: paper", "here", "full", "share: paper", "here"],
    rows,
  );
}
