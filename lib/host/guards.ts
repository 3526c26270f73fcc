/**
 * Guards around what the user passes in: a logger or metrics that throw must not end the process or interrupt the node.
 *
 * @module
 */

import { errorText } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { MetricLabels, MetricName, Metrics } from "../base/metrics.ts";

/**
 * Calls the user's log, if there is one. What it throws becomes an `error` event of `globalThis`; the first one without a
 * listener that prevents the default is shown on the console. It does not end the process, as `reportError` would. Node's
 * `globalThis` has no events; there the first one is shown.
 */
export function guardedLog(log: Log | undefined): Log {
  if (log === undefined) return () => {};
  const show = errorDisplay("log");
  return (level, text) => {
    try {
      const result: unknown = log(level, text);
      if (result !== undefined) catchLater(result, show);
    } catch (error) {
      show(error);
    }
  };
}

/** Calls the user's metrics, if there are any. What they throw is reported as by {@link guardedLog}. */
export function guardedMetrics(metrics: Metrics | undefined): Metrics | undefined {
  if (metrics === undefined) return undefined;
  return new GuardedMetrics(metrics);
}

/** Written out for each kind, because this runs several times for every datagram. */
class GuardedMetrics implements Metrics {
  readonly #metrics: Metrics;
  readonly #show = errorDisplay("metrics");

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  count(name: MetricName<"counter">, value?: number, labels?: MetricLabels): void {
    try {
      const result: unknown = this.#metrics.count(name, value, labels);
      if (result !== undefined) catchLater(result, this.#show);
    } catch (error) {
      this.#show(error);
    }
  }

  sample(name: MetricName<"sample">, value: number): void {
    try {
      const result: unknown = this.#metrics.sample(name, value);
      if (result !== undefined) catchLater(result, this.#show);
    } catch (error) {
      this.#show(error);
    }
  }

  gauge(name: MetricName<"gauge">, value: number, labels?: MetricLabels): void {
    try {
      const result: unknown = this.#metrics.gauge(name, value, labels);
      if (result !== undefined) catchLater(result, this.#show);
    } catch (error) {
      this.#show(error);
    }
  }
}

/** What is done with the errors of an option: see {@link guardedLog}. */
function errorDisplay(option: "log" | "metrics"): (error: unknown) => void {
  let shown = false;
  return (error) => {
    if (!dispatchError(error) || shown) return;
    shown = true;
    console.error(`Serf: the option ${option} throws errors:`, error);
  };
}

/** An async function does not throw, it rejects. */
function catchLater(result: unknown, show: (error: unknown) => void): void {
  if (result instanceof Promise) result.catch(show);
}

/** Dispatches an `error` event, where there are events. Returns whether it is still to be shown. */
function dispatchError(error: unknown): boolean {
  if (typeof ErrorEvent !== "function") return true;
  const event = new ErrorEvent("error", { error, message: errorText(error), cancelable: true });
  return globalThis.dispatchEvent(event);
}
