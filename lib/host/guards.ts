/**
 * Guards around what the user passes in: a logger or metrics that throw must not end the process or interrupt the node.
 *
 * @module
 */

import { errorText } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Metrics } from "../base/metrics.ts";

/**
 * Calls the user's log, if there is one. What it throws becomes an `error` event of `globalThis`; the first one without a
 * listener that prevents the default is shown on the console. It does not end the process, as `reportError` would. Node's
 * `globalThis` has no events; there the first one is shown.
 */
export function guardedLog(log: Log | undefined): Log {
  if (log === undefined) return () => {};
  const guard = firstErrorShown("log");
  return (level, text) => guard(() => log(level, text));
}

/** Calls the user's metrics, if there are any. What they throw is reported as by {@link guardedLog}. */
export function guardedMetrics(metrics: Metrics | undefined): Metrics | undefined {
  if (metrics === undefined) return undefined;
  const guard = firstErrorShown("metrics");
  return {
    count: (name, value, labels) => guard(() => metrics.count(name, value, labels)),
    sample: (name, value) => guard(() => metrics.sample(name, value)),
    gauge: (name, value, labels) => guard(() => metrics.gauge(name, value, labels)),
  };
}

function firstErrorShown(option: "log" | "metrics"): (call: () => unknown) => void {
  let shown = false;
  const show = (error: unknown) => {
    if (!dispatchError(error) || shown) return;
    shown = true;
    console.error(`Serf: the option ${option} throws errors:`, error);
  };
  return (call) => {
    try {
      const result = call();
      // An async function does not throw, it rejects.
      if (result instanceof Promise) result.catch(show);
    } catch (error) {
      show(error);
    }
  };
}

/** Dispatches an `error` event, where there are events. Returns whether it is still to be shown. */
function dispatchError(error: unknown): boolean {
  if (typeof ErrorEvent !== "function") return true;
  const event = new ErrorEvent("error", { error, message: errorText(error), cancelable: true });
  return globalThis.dispatchEvent(event);
}
