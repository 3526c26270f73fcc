/**
 * Metrics as Prometheus reads them (text format 0.0.4), under the names that go-metrics gives them: the parts joined by `_`,
 * counters without `_total`, samples as summaries. Loaded only with the HTTP API.
 *
 * `prom-client` was tried instead; `lib/README.md` says why it does not serve.
 *
 * @module
 */

import { type MetricKind, type MetricLabels, METRICS } from "../../base/metrics.ts";
import type { MetricRegistry } from "./telemetry.ts";
import { SampleWindow } from "./sample_window.ts";

/** The most metrics of one kind whose names are known only at run time: any member may send events of any name. */
const MAX_NAMES = 1_024;

const QUANTILES = [0.5, 0.9, 0.99];

/** For counters of bytes that are counted once a datagram: what counts the datagrams. */
const DATAGRAM_COUNTERS: Readonly<Record<string, string>> = {
  "memberlist.udp.received": "memberlist.udp.received_datagrams",
  "memberlist.udp.sent": "memberlist.udp.sent_datagrams",
};

/** Counters that have no value without labels. */
const LABELLED = new Set(["agent.http.requests", "memberlist.udp.dropped"]);

/** Present values of something, by label. */
type Reading = number | readonly (readonly [MetricLabels, number])[];

/** A counter or gauge with all its labels, as text `{name="value"}`. */
interface Family {
  readonly help: string;
  readonly values: Map<string, number>;
}

interface Summary {
  readonly help: string;
  readonly window: SampleWindow;
}

/** Collects all metrics of a process. */
export class PrometheusRegistry implements MetricRegistry {
  readonly #prefix: string;
  readonly #counters = new Map<string, Family>();
  readonly #gauges = new Map<string, Family>();
  readonly #summaries = new Map<string, Summary>();
  /** By full name: of names that differ only in what is replaced there, all have the same summary. */
  readonly #summariesByFullName = new Map<string, Summary>();
  readonly #readers: {
    readonly name: string;
    readonly help: string;
    readonly read: () => Reading;
  }[] = [];

  /** `prefix` comes before all names, as in `serf_agent`; may be empty. */
  constructor(prefix: string) {
    this.#prefix = prefix === "" ? "" : `${prefix}_`;
    // So that a counter is 0, and not absent, before it has counted anything.
    for (const name of Object.keys(METRICS.counter)) {
      if (!name.includes("<") && !LABELLED.has(name)) this.#add(this.#counters, name, "counter", 0);
    }
  }

  count(name: string, value = 1, labels?: MetricLabels): void {
    this.#add(this.#counters, name, "counter", value, labels);
    const datagrams = DATAGRAM_COUNTERS[name];
    if (datagrams !== undefined) this.#add(this.#counters, datagrams, "counter", 1);
  }

  sample(name: string, value: number): void {
    let summary = this.#summaries.get(name);
    if (summary === undefined) {
      const hasRoom = this.#summaries.size < MAX_NAMES || Object.hasOwn(METRICS.sample, name);
      if (!hasRoom) return;
      const full = this.#fullName(name);
      summary = this.#summariesByFullName.get(full) ??
        { help: helpOf("sample", name), window: new SampleWindow() };
      this.#summariesByFullName.set(full, summary);
      this.#summaries.set(name, summary);
    }
    summary.window.add(value);
  }

  gauge(name: string, value: number, labels?: MetricLabels): void {
    const family = this.#family(this.#gauges, name, "gauge");
    family?.values.set(labelText(labels), value);
  }

  /** Adds a gauge that is read when Prometheus asks. */
  observe(name: string, help: string, read: () => Reading): void {
    this.#readers.push({ name, help, read });
  }

  /** Everything in the text format. */
  text(): string {
    const families = [
      ...Array.from(this.#merged(), ([name, family]) => lines(name, "counter", family)),
      ...Array.from(this.#gauges, ([name, family]) => lines(this.#fullName(name), "gauge", family)),
      ...this.#readers.map(({ name, help, read }) =>
        lines(this.#fullName(name), "gauge", { help, values: new Map(entriesOf(read())) })
      ),
      ...Array.from(this.#summariesByFullName, ([name, summary]) => summaryLines(name, summary)),
    ];
    return families.flat().map((line) => `${line}\n`).join("");
  }

  /** The counters by full name: those whose names differ only in what is replaced there are one. */
  #merged(): Map<string, Family> {
    const merged = new Map<string, Family>();
    for (const [name, { help, values }] of this.#counters) {
      const full = this.#fullName(name);
      const other = merged.get(full)?.values;
      const sums = new Map(values);
      for (const [labels, value] of other ?? []) sums.set(labels, (sums.get(labels) ?? 0) + value);
      merged.set(full, { help, values: sums });
    }
    return merged;
  }

  #add(
    families: Map<string, Family>,
    name: string,
    kind: MetricKind,
    value: number,
    labels?: MetricLabels,
  ): void {
    const values = this.#family(families, name, kind)?.values;
    const key = labelText(labels);
    values?.set(key, (values.get(key) ?? 0) + value);
  }

  #family(families: Map<string, Family>, name: string, kind: MetricKind): Family | undefined {
    let family = families.get(name);
    const hasRoom = families.size < MAX_NAMES || Object.hasOwn(METRICS[kind], name);
    if (family === undefined && hasRoom) {
      family = { help: helpOf(kind, name), values: new Map() };
      families.set(name, family);
    }
    return family;
  }

  #fullName(name: string): string {
    const full = `${this.#prefix}${name}`.replaceAll(/[^a-zA-Z0-9_:]/g, "_");
    return /^\d/.test(full) ? `_${full}` : full;
  }
}

function lines(name: string, type: "counter" | "gauge", { help, values }: Family): string[] {
  const samples = Array.from(values, ([labels, value]) => `${name}${labels} ${value}`);
  return [...head(name, type, help), ...samples];
}

function summaryLines(name: string, { help, window }: Summary): string[] {
  const values = window.quantiles(QUANTILES);
  const quantiles = QUANTILES.map((share, i) => `${name}{quantile="${share}"} ${values[i]}`);
  const totals = [`${name}_sum ${window.sum}`, `${name}_count ${window.count}`];
  return [...head(name, "summary", help), ...quantiles, ...totals];
}

function entriesOf(reading: Reading): [string, number][] {
  if (typeof reading === "number") return [["", reading]];
  return reading.map(([labels, value]) => [labelText(labels), value]);
}

function labelText(labels: MetricLabels | undefined): string {
  if (labels === undefined) return "";
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function head(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

/** What the table says about a metric, which is found by the part of its name before `<…>`. */
function helpOf(kind: MetricKind, name: string): string {
  const table: Readonly<Record<string, { readonly unit: string; readonly help: string }>> =
    METRICS[kind];
  const entry = table[name] ??
    Object.entries(table).find(([known]) =>
      known.includes("<") && name.startsWith(known.slice(0, known.indexOf("<")))
    )?.[1];
  return entry === undefined ? "Datagrams" : `${entry.help} (${entry.unit})`;
}
