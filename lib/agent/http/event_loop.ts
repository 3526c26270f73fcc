/**
 * How late the event loop is: everything that an agent does waits that long.
 *
 * @module
 */

import { after, type Timer } from "../../base/timer.ts";
import type { MetricRegistry } from "../telemetry/telemetry.ts";

/** How often a timer is measured. */
const INTERVAL_MS = 500;

/** Measures how late timers are, until the result is disposed of. */
export function watchEventLoop(registry: MetricRegistry): Disposable {
  let timer: Timer;
  const measure = () => {
    const dueAt = performance.now() + INTERVAL_MS;
    timer = after(INTERVAL_MS, () => {
      registry.sample("runtime.event_loop_lag", Math.max(0, performance.now() - dueAt));
      measure();
    });
  };
  measure();
  return { [Symbol.dispose]: () => timer.cancel() };
}
