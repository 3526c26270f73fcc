/**
 * The metrics of an agent, under the names that dashboards for Serf expect: go-metrics puts the service's name in front.
 *
 * @module
 */

import type { MetricLabels, Metrics } from "../../base/metrics.ts";

/** The types of metrics as statsd writes them: counters, gauges, and samples ("timers"). */
export type MetricType = "c" | "g" | "ms";

/** Where metrics go; go-metrics has the same interface. */
export interface MetricSink {
  /** Takes a value. The name is complete and has none of statsd's separators. Must not throw. */
  record(type: MetricType, name: string, value: number): void;
}

/** Takes values under their own names, with labels. Must not throw. */
export interface MetricRegistry {
  count(name: string, value: number, labels?: MetricLabels): void;
  sample(name: string, value: number): void;
  gauge(name: string, value: number, labels?: MetricLabels): void;
}

const PREFIX = "serf-agent.";

/** The separators of statsd, which may be in the names of events. */
const SEPARATORS = /[\s:|]/g;

/** The most names that are cached; any member may send events of any name. */
const MAX_NAMES = 1_024;

/** What a {@link Telemetry} puts into names, and who else takes the values. */
interface TelemetryOptions {
  /** Becomes part of the names of gauges, which cannot be added up over several hosts as counters can. */
  readonly host?: string;
  readonly registry?: MetricRegistry;
}

/** Passes every value to all sinks. As in go-metrics, the values of labels become the end of the name. */
export class Telemetry implements Metrics {
  readonly #sinks: readonly MetricSink[];
  readonly #registry: MetricRegistry | undefined;
  readonly #names = new CompleteNames(PREFIX);
  readonly #gaugeNames: CompleteNames;

  constructor(sinks: readonly MetricSink[], { host, registry }: TelemetryOptions = {}) {
    this.#sinks = sinks;
    this.#registry = registry;
    this.#gaugeNames = host === undefined ? this.#names : new CompleteNames(`${PREFIX}${host}.`);
  }

  count(name: string, value = 1, labels?: MetricLabels): void {
    this.#record("c", this.#names.of(labelled(name, labels)), value);
    this.#registry?.count(name, value, labels);
  }

  sample(name: string, value: number): void {
    this.#record("ms", this.#names.of(name), value);
    this.#registry?.sample(name, value);
  }

  gauge(name: string, value: number, labels?: MetricLabels): void {
    this.#record("g", this.#gaugeNames.of(labelled(name, labels)), value);
    this.#registry?.gauge(name, value, labels);
  }

  #record(type: MetricType, name: string, value: number): void {
    for (const sink of this.#sinks) sink.record(type, name, value);
  }
}

function labelled(name: string, labels: MetricLabels | undefined): string {
  return labels === undefined ? name : [name, ...Object.values(labels)].join(".");
}

/** Completes names, and caches them because this runs for every packet. */
class CompleteNames {
  readonly #prefix: string;
  readonly #names = new Map<string, string>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  of(name: string): string {
    let complete = this.#names.get(name);
    if (complete === undefined) {
      if (this.#names.size >= MAX_NAMES) this.#names.clear();
      complete = `${this.#prefix}${name}`.replaceAll(SEPARATORS, "_");
      this.#names.set(name, complete);
    }
    return complete;
  }
}
