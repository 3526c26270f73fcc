/**
 * The log of an agent. Its lines are part of what Serf offers: monitors get them over RPC, each with a level of its own,
 * beginning with those of the recent past.
 *
 * @module
 */

import type { AgentLog, LogLine } from "../../rpc/server/rpc_agent.ts";
import type { LogLevel } from "../../base/log.ts";

/** How many lines are kept for those who start to listen later. */
const RING_SIZE = 512;

/** Stamps lines, hands them to all who listen, and keeps the last ones. Nothing is filtered here. */
export class LogHub implements AgentLog {
  readonly #now: () => Date;
  readonly #lines: LogLine[] = [];
  readonly #sinks = new Set<(line: LogLine) => void>();

  /** `now` is the wall clock. */
  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  /** The last 512 lines, oldest first. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Writes a line. `text` starts with its source, as in `agent: `; one newline at its end is dropped. */
  log(level: LogLevel, text: string): void {
    const stamped = `${timeStamp(this.#now())} [${level}] ${text}`;
    const line = { level, text: stamped.endsWith("\n") ? stamped.slice(0, -1) : stamped };
    this.#lines.push(line);
    if (this.#lines.length > RING_SIZE) this.#lines.shift();
    for (const sink of [...this.#sinks]) sink(line);
  }

  /** Hands every line from now on to `sink`, until the result is disposed of. */
  subscribe(sink: (line: LogLine) => void): Disposable {
    // A function may be given twice; each time is a subscription of its own.
    const own = (line: LogLine) => sink(line);
    this.#sinks.add(own);
    return { [Symbol.dispose]: () => void this.#sinks.delete(own) };
  }
}

/** `YYYY/MM/DD HH:MM:SS` in local time. */
function timeStamp(time: Date): string {
  const pad = (value: number) => String(value).padStart(2, "0");
  const day = [time.getFullYear(), pad(time.getMonth() + 1), pad(time.getDate())].join("/");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(pad).join(":");
  return `${day} ${clock}`;
}
