/**
 * The results of `serf simulate` as a table, side by side, and as JSON.
 *
 * @module
 */

import type { JsonValue } from "../../go/format_json.ts";
import type { Distribution } from "../../sim/scenario/distribution.ts";
import type { Scenario } from "../../sim/scenario/scenario.ts";
import type { ScenarioResult } from "../../sim/scenario/scenario_run.ts";
import type { Variant } from "./variants.ts";

/** A variant and what it came to. */
export interface Outcome extends Variant {
  readonly result: ScenarioResult;
}

/** A line of the table: its label and the value of one variant. A line without values is a heading. */
type Row = readonly [label: string, value?: (outcome: Outcome) => string];

/** What was simulated, in one line. */
export function describeScenario(scenario: Scenario): string {
  const { nodes, zones, seconds, loss, seed, formed } = scenario;
  return [
    `${nodes} nodes${zones.length > 0 ? ` in ${zones.length} zones` : ""}`,
    `${seconds} s`,
    ...loss > 0 ? [`${percent(loss)} of datagrams lost`] : [],
    ...describeFaults(scenario),
    ...formed ? [] : ["joining"],
    `seed ${seed}`,
  ].join(", ");
}

function describeFaults({ kills, pauses, slow, partitions }: Scenario): string[] {
  const count = (faults: readonly { readonly nodes: number }[], what: string) => {
    const sum = faults.reduce((sum, { nodes }) => sum + nodes, 0);
    return sum === 0 ? [] : [`${sum} ${what}`];
  };
  const { length: cuts } = partitions;
  return [
    ...count(kills, "killed"),
    ...count(pauses, "paused"),
    ...count(slow, "slow"),
    ...cuts === 0 ? [] : [`${cuts} partition${cuts === 1 ? "" : "s"}`],
  ];
}

/** The table. */
export function formatReport(outcomes: readonly Outcome[]): string {
  const rows = rowsFor(outcomes).map(([label, value]) =>
    value === undefined ? [label] : [`  ${label}`, ...outcomes.map(value)]
  );
  const table = [["", ...outcomes.map(({ name }) => name)], ...rows];
  const labelWidth = Math.max(...table.map(([label]) => label.length));
  const widths = outcomes.map((_, i) => Math.max(...table.map((row) => (row[i + 1] ?? "").length)));
  const lines = table.map(([label, ...values]) =>
    [label.padEnd(labelWidth), ...values.map((value, i) => value.padStart(widths[i]))]
      .join("   ").trimEnd()
  );
  return [describeScenario(outcomes[0].scenario), "", ...lines].join("\n");
}

/** The lines that say something about this scenario. */
function rowsFor(outcomes: readonly Outcome[]): readonly Row[] {
  const { scenario } = outcomes[0];
  const impaired = scenario.kills.length + scenario.pauses.length + scenario.slow.length > 0;
  const of = (value: (result: ScenarioResult) => string) => ({ result }: Outcome) => value(result);
  return [
    ...scenario.formed
      ? []
      : [["all know each other after", of((r) => formatTime(r.convergedMs))] as const],
    ...scenario.kills.length === 0 ? [] : [
      ["Killed, until it was noticed"],
      ["by the first node, median", of((r) => formatTime(r.detection.first.percentile(0.5)))],
      ["by a node, median", of((r) => formatTime(r.detection.each.percentile(0.5)))],
      ["by a node, p90", of((r) => formatTime(r.detection.each.percentile(0.9)))],
      ["by a node, p99", of((r) => formatTime(r.detection.each.percentile(0.99)))],
      ["by all nodes, median", of((r) => formatTime(r.detection.all.percentile(0.5)))],
      ["times a node did not notice", of((r) => String(r.detection.each.missed))],
    ] satisfies Row[],
    ["Reported failed, but running"],
    ["healthy nodes, per node-day", of((r) => rate(r.perNodeDay.healthy))],
    ["healthy nodes, times", of((r) => String(r.falseFailures.healthy.incidents))],
    ...impaired
      ? [
        [
          "slow, paused, restarted, times",
          of((r) => String(r.falseFailures.impaired.incidents)),
        ] as const,
      ]
      : [],
    ...scenario.partitions.length === 0 ? [] : [
      ["Partition healed, until all agreed"],
      ...scenario.partitions.flatMap((partition, i): Row[] =>
        partition.forMs === undefined
          ? []
          : [[`partition ${i + 1}`, of((r) => formatTime(r.healedMs[i]))]]
      ),
    ] satisfies Row[],
    ...scenario.events.length === 0 ? [] : [
      ["User events"],
      ["sent", of((r) => String(r.eventsSent))],
      ["arrived", of((r) => formatShare(r.delivery))],
      ["after, median", of((r) => formatTime(r.delivery.percentile(0.5)))],
      ["after, p90", of((r) => formatTime(r.delivery.percentile(0.9)))],
      ["after, p99", of((r) => formatTime(r.delivery.percentile(0.99)))],
      [
        "after, at most",
        of((r) => formatTime(r.delivery.percentile(1))),
      ],
    ] satisfies Row[],
    ["Sent per node and second"],
    ["packets", of((r) => r.traffic.packetsPerSecond.toFixed(2))],
    ["bytes in packets", of((r) => r.traffic.bytesPerSecond.toFixed(0))],
    ["streams", of((r) => r.traffic.streamsPerSecond.toFixed(3))],
  ];
}

/** The same for machines. Times are milliseconds, shares from 0 to 1. */
export function reportAsJson(outcomes: readonly Outcome[]): JsonValue {
  const { scenario } = outcomes[0];
  return {
    scenario: describeScenario(scenario),
    seed: scenario.seed,
    nodes: scenario.nodes,
    seconds: scenario.seconds,
    variants: outcomes.map(({ name, result }) => ({
      name,
      converged_ms: result.convergedMs,
      detection: {
        first_ms: percentiles(result.detection.first),
        each_ms: percentiles(result.detection.each),
        all_ms: percentiles(result.detection.all),
      },
      false_failures: Object.fromEntries(
        (["healthy", "impaired"] as const).map((kind) => [kind, {
          incidents: result.falseFailures[kind].incidents,
          reports: result.falseFailures[kind].reports,
          per_node_day: result.perNodeDay[kind] ?? null,
        }]),
      ),
      healed_ms: result.healedMs.map((ms) => ms ?? null),
      events: {
        sent: result.eventsSent,
        delivery_ms: percentiles(result.delivery),
      },
      traffic: {
        packets_per_second: result.traffic.packetsPerSecond,
        bytes_per_second: result.traffic.bytesPerSecond,
        streams_per_second: result.traffic.streamsPerSecond,
      },
      series: result.series.map(({ seconds, bytesPerSecond, wrongShare }) => ({
        seconds,
        bytes_per_second: bytesPerSecond,
        wrong_share: wrongShare,
      })),
      digest: result.digest,
    })),
  };
}

function percentiles(times: Distribution): JsonValue {
  const { count, missed, max } = times;
  if (count === 0) return { count, missed };
  const at = (share: number) => times.percentile(share) ?? null;
  return { count, missed, p50: at(0.5), p90: at(0.9), p99: at(0.99), max };
}

/** A time as people read it; `-` if there is none. */
export function formatTime(ms: number | undefined): string {
  if (ms === undefined) return "-";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

function formatShare({ count, missed }: Distribution): string {
  return count + missed === 0 ? "-" : percent(count / (count + missed));
}

function rate(perDay: number | undefined): string {
  return perDay === undefined ? "-" : perDay.toPrecision(perDay === 0 ? 1 : 3);
}

/** A share in percent, rounded down, so that only all is 100 %. */
function percent(share: number): string {
  const text = (Math.floor(share * 10_000) / 100).toFixed(2).replace(/\.?0+$/, "");
  return `${text} %`;
}
