/**
 * The figures of an agent, under the names that dashboards for Serf expect.
 *
 * @module
 */

import type { Metrics } from "../../base/metrics.ts";

/** The kinds of figures, in the letters of statsd: counters, gauges, and samples ("timers"). */
export type FigureType = "c" | "g" | "ms";

/** Somewhere that figures go to. */
export interface MetricSink {
  /** Takes a figure. The name is complete, and free of what would need quoting. Must not throw. */
  record(type: FigureType, name: string, value: number): void;
}

const PREFIX = "serf-agent.";

/** What separates the parts of a statsd line. Names of events come from the network. */
const SEPARATORS = /[\s:|]/g;

/** Names that are kept in their complete form. */
const MAX_NAMES = 1_024;

/** Hands every figure to all sinks. */
export class Telemetry implements Metrics {
  readonly #sinks: readonly MetricSink[];
  readonly #names = new CompleteNames(PREFIX);
  readonly #gaugeNames: CompleteNames;

  /** `host` goes into the names of gauges: those of several hosts cannot be added up as counters can. */
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

  #record(type: FigureType, name: string, value: number): void {
    for (const sink of this.#sinks) sink.record(type, name, value);
  }
}

/** Puts names together, each usually once: this runs for every packet. */
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
