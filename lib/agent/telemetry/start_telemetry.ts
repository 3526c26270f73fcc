/**
 * The metrics of an agent as its configuration wants them.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import { after, type Timer } from "../../base/timer.ts";
import { errorText } from "../../base/errors.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { AgentConfig } from "../config/config.ts";
import { StartupError } from "../config/startup_error.ts";
import { MemorySink } from "./memory_sink.ts";
import { StatsdSink, type StatsServer } from "./statsd_sink.ts";
import { type MetricRegistry, Telemetry } from "./telemetry.ts";

/** How often the memory of the process is reported; go-metrics has the same interval. */
const RUNTIME_INTERVAL_MS = 1_000;
/** The same if nobody gets every value: of each interval of ten seconds, {@link MemorySink} keeps the last one. */
const UNSENT_RUNTIME_INTERVAL_MS = 5_000;

/** Metrics that are being collected, until this is disposed of. */
interface StartedTelemetry extends AsyncDisposable {
  readonly metrics: Metrics;
  /** The lines of the report on the last minute. */
  report(): string[];
}

/** Starts to collect metrics, and to send them to the configured servers. Throws a {@link StartupError}. */
export function startTelemetry(
  { statsiteAddr, statsdAddr }: Pick<AgentConfig, "statsiteAddr" | "statsdAddr">,
  { log, registry }: { readonly log: Log; readonly registry?: MetricRegistry },
): StartedTelemetry {
  const memory = new MemorySink();
  const servers = [
    ...openSink("statsite", statsiteAddr, log),
    ...openSink("statsd", statsdAddr, log),
  ];
  // As in Serf, gauges have the host's name only if they are sent to a server, which may get those of several hosts.
  const host = servers.length > 0 ? Deno.hostname() : undefined;
  const metrics = new Telemetry([memory, ...servers], { host, registry });
  const isSent = servers.length > 0 || registry !== undefined;
  const intervalMs = isSent ? RUNTIME_INTERVAL_MS : UNSENT_RUNTIME_INTERVAL_MS;
  let next: Timer;
  const sample = () => {
    reportMemory(metrics);
    next = after(intervalMs, sample);
  };
  next = after(RUNTIME_INTERVAL_MS, sample);
  return {
    metrics,
    report: () => memory.report(),
    async [Symbol.asyncDispose]() {
      next.cancel();
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    },
  };
}

/** The connection to a server; none without an address. Throws a {@link StartupError}. */
export function openSink(server: StatsServer, address: string, log: Log): StatsdSink[] {
  if (address === "") return [];
  try {
    return [new StatsdSink(server, { address, log })];
  } catch (error) {
    throw new StartupError(`Failed to start ${server} sink. Got: ${errorText(error)}`);
  }
}

/** The names are those of Go's runtime. Metrics that have no meaning here are left out. */
function reportMemory(metrics: Metrics): void {
  const { heapUsed, rss } = Deno.memoryUsage();
  metrics.gauge("runtime.alloc_bytes", heapUsed);
  metrics.gauge("runtime.sys_bytes", rss);
}
