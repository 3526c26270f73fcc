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
  const show = firstShown("log");
  return (level, text) => {
    try {
      watch(log(level, text), show);
    } catch (error) {
      show(error);
    }
  };
}

/**
 * Calls the user's metrics, if there are any. What they throw is reported as by {@link guardedLog}. Each method has its own
 * `try`, so that no function is made and passed on for each value: an agent takes some for every datagram.
 */
export function guardedMetrics(metrics: Metrics | undefined): Metrics | undefined {
  if (metrics === undefined) return undefined;
  const show = firstShown("metrics");
  return {
    count(name, value, labels) {
      try {
        watch(metrics.count(name, value, labels), show);
      } catch (error) {
        show(error);
      }
    },
    sample(name, value) {
      try {
        watch(metrics.sample(name, value), show);
      } catch (error) {
        show(error);
      }
    },
    gauge(name, value, labels) {
      try {
        watch(metrics.gauge(name, value, labels), show);
      } catch (error) {
        show(error);
      }
    },
  };
}

/** An async function does not throw, it rejects. */
function watch(result: unknown, show: (error: unknown) => void): void {
  if (result instanceof Promise) result.catch(show);
}

/** Reports errors; the first that nobody has prevented is shown. */
function firstShown(option: "log" | "metrics"): (error: unknown) => void {
  let shown = false;
  return (error) => {
    if (!dispatchError(error) || shown) return;
    shown = true;
    console.error(`Serf: the option ${option} throws errors:`, error);
  };
}

/** Dispatches an `error` event, where there are events. Returns whether it is still to be shown. */
function dispatchError(error: unknown): boolean {
  if (typeof ErrorEvent !== "function") return true;
  const event = new ErrorEvent("error", { error, message: errorText(error), cancelable: true });
  return globalThis.dispatchEvent(event);
}
