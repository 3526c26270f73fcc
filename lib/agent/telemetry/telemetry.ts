/**
 * The metrics of an agent, under the names that dashboards for Serf expect: go-metrics puts the service's name in front.
 *
 * @module
 */

import type { Metrics } from "../../base/metrics.ts";

/** The types of metrics as statsd writes them: counters, gauges, and samples ("timers"). */
export type MetricType = "c" | "g" | "ms";

/** Where metrics go; go-metrics has the same interface. */
export interface MetricSink {
  /** Takes a value. The name is complete and has none of statsd's separators. Must not throw. */
  record(type: MetricType, name: string, value: number): void;
}

const PREFIX = "serf-agent.";

/** The separators of statsd, which may be in the names of events. */
const SEPARATORS = /[\s:|]/g;

/** The most names that are cached; any member may send events of any name. */
const MAX_NAMES = 1_024;

/** Passes every value to all sinks. */
export class Telemetry implements Metrics {
  readonly #sinks: readonly MetricSink[];
  readonly #names = new CompleteNames(PREFIX);
  readonly #gaugeNames: CompleteNames;

  /** `host` becomes part of the names of gauges, which cannot be added up over several hosts as counters can. */
  constructor(sinks: readonly MetricSink[], { host }: { readonly host?: string } = {}) {
    this.#sinks = sinks;
    this.#gaugeNames = host === undefined ? this.#names : new CompleteNames(`${PREFIX}${host}.`);
  }

  count(name: string, value = 1): void {
    this.#record("c", this.#names.of(name), value);
  }

  sample(name: string, value: number): void {
    this.#record("ms", this.#names.of(name), value);
  }

  gauge(name: string, value: number): void {
    this.#record("g", this.#gaugeNames.of(name), value);
  }

  #record(type: MetricType, name: string, value: number): void {
    for (const sink of this.#sinks) sink.record(type, name, value);
  }
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
