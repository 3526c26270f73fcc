/**
 * Metrics whose values tests can look at.
 *
 * @module
 */

import type { Metrics } from "../../lib/base/metrics.ts";

/** Adds counters up, and keeps all other values by name. */
export class RecordedMetrics implements Metrics {
  readonly counters: Record<string, number> = {};
  readonly samples: Record<string, number[]> = {};
  readonly gauges: Record<string, number[]> = {};

  count(name: string, value = 1): void {
    this.counters[name] = (this.counters[name] ?? 0) + value;
  }

  sample(name: string, value: number): void {
    (this.samples[name] ??= []).push(value);
  }

  gauge(name: string, value: number): void {
    (this.gauges[name] ??= []).push(value);
  }
}
