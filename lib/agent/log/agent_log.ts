/**
 * The log of an agent. Serf offers its lines over RPC too: a monitor gets those of the level that it asked for, beginning
 * with the recent past. Serf's `logWriter` does the same.
 *
 * @module
 */

import type { LogLevel } from "../../base/log.ts";
import { escapeControlsInLines } from "../../go/escape_controls.ts";
import type { LogLine, MonitoredLog } from "../../rpc/server/rpc_agent.ts";

/** How many lines are kept for monitors that start later; Serf's agent has the same number. */
const KEPT_LINES = 512;

/** A line with the time at which it was written. */
export interface AgentLogLine extends LogLine {
  readonly time: Date;
}

/** Adds the time to each line, passes it to all subscribers, whatever its level, and keeps the last lines. */
export class AgentLog implements MonitoredLog {
  readonly #now: () => Date;
  readonly #lines: AgentLogLine[] = [];
  /** Replaced when it changes, because a listener may do that. */
  #listeners: readonly ((line: AgentLogLine) => void)[] = [];

  /** `now` is the wall clock. */
  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  /** The last 512 lines, oldest first. */
  get lines(): readonly AgentLogLine[] {
    return this.#lines;
  }

  /**
   * Writes a line. `text` starts with its source, as in `agent: `; one newline at its end is dropped, others stay. A function
   * is called for the text when somebody reads it.
   */
  readonly write = (level: LogLevel, text: string | (() => string)): void => {
    const line = new StampedLine(level, text, this.#now());
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    for (const listener of this.#listeners) listener(line);
  };

  /** Calls `listener` with every line from now on, until the result is disposed of. */
  subscribe(listener: (line: AgentLogLine) => void): Disposable {
    // The same function may be given twice; each time is a subscription of its own.
    const own = (line: AgentLogLine) => listener(line);
    this.#listeners = [...this.#listeners, own];
    const end = () => this.#listeners = this.#listeners.filter((listener) => listener !== own);
    return { [Symbol.dispose]: () => void end() };
  }
}

/** A line whose text is made when somebody reads it: most lines are of a level that nobody wants to see. */
class StampedLine implements AgentLogLine {
  readonly level: LogLevel;
  readonly time: Date;
  /** What the text is made of, until it is. */
  #content: string | (() => string) | undefined;
  #text = "";

  constructor(level: LogLevel, content: string | (() => string), time: Date) {
    this.level = level;
    this.time = time;
    this.#content = content;
  }

  get text(): string {
    if (this.#content === undefined) return this.#text;
    const content = typeof this.#content === "string" ? this.#content : this.#content();
    this.#content = undefined;
    const stamped = `${stamps.of(this.time)} [${this.level}] ${escapeControlsInLines(content)}`;
    return this.#text = stamped.endsWith("\n") ? stamped.slice(0, -1) : stamped;
  }
}

/** The texts of times; that of a second is made once. */
class TimeStamp {
  #second = NaN;
  #text = "";

  of(time: Date): string {
    const second = Math.floor(time.getTime() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = formatTime(time);
    }
    return this.#text;
  }
}

const stamps = new TimeStamp();

/** `YYYY/MM/DD HH:MM:SS` in local time. */
function formatTime(time: Date): string {
  const pad = (value: number) => String(value).padStart(2, "0");
  const day = [time.getFullYear(), pad(time.getMonth() + 1), pad(time.getDate())].join("/");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(pad).join(":");
  return `${day} ${clock}`;
}
