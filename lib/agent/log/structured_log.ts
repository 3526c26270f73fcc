/**
 * Log lines for machines: one JSON object, or one line of logfmt, for each.
 *
 * The texts of the log are Serf's, and scripts know them; so the fields are taken from the texts, and the code that logs
 * does not have to say everything twice.
 *
 * @module
 */

import { type LogLevel, parseLogLevel } from "../../base/log.ts";
import type { AgentLogLine } from "./agent_log.ts";
import { toJson } from "../../go/format_json.ts";
import { goQuote } from "../../go/quote.ts";

/** The formats besides text. */
export type StructuredFormat = "json" | "logfmt";

/** One line of a log in its parts. */
export interface LogRecord {
  /** As in `2026-01-02T03:04:05.678Z`, or in an agent's local time without the `Z`. */
  readonly time: string;
  readonly level: LogLevel;
  /** What wrote it, as in `serf` or `agent.ipc`; may be empty. */
  readonly subsystem: string;
  readonly message: string;
  /** What the message is about, by name: `node`, `address`, `event` … */
  readonly fields: Readonly<Record<string, string | number>>;
}

const LINE = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d) \[([A-Z]+)\] (.*)$/s;
const SUBSYSTEM = /^([a-z][a-z.]*): (.*)$/s;

/** What texts say, by named groups. The first that matches counts. An address is `IP` or `IP:PORT`. */
const PATTERNS: readonly RegExp[] = [
  /^EventMember\w+(?: \(forced\))?: (?<node>.+) (?<address>[\da-f.:]+)$/,
  /^EventMember\w+: (?<node>.+)$/,
  /^Suspect (?<node>.+) has failed, no acks received$/,
  /^Marking (?<node>.+) as failed, suspect timeout reached \((?<confirmations>\d+) /,
  /^Refuting an? (?:suspect|dead) message \(from: (?<from>.+)\)$/,
  /^Initiating push\/pull sync with: (?<node>.*?) ?(?<address>[\d[][\da-f.:\]]*:\d+)$/,
  /^Push\/Pull with (?<node>.+?) failed: (?<error>.*)$/s,
  /^Failed UDP ping: (?<node>.+) \((?<error>.*)\)$/s,
  /^Was able to connect to (?<node>.+) over TCP/,
  /^Rejected coordinate from (?<node>.+?): /,
  /^Force leaving node(?: \(prune\))?: (?<node>.+)$/s,
  /^attempting reconnect to (?<node>.+) (?<address>[\d[][\da-f.:\]]*:\d+)$/,
  /^Ignoring Lamport time (?<seq>\d+), /,
  /^Received event: (?<event>user-event|query): (?<name>.+)$/s,
  /^Received event: (?<event>[\w-]+)$/,
  /^Requesting user event send: (?<name>.+?)\. Coalesced: /s,
  /^Requesting query send: (?<name>.+?)\. Payload: /s,
  /^joining: \[(?<address>.*)\] replay: /,
  /^joined: (?<count>\d+) nodes$/,
  /^(?:Accepted|Refused|Closing) client: (?<address>[^ ]+?)(?:: (?<reason>.*))?$/s,
  /^Failed authentication from client: (?<address>[^ ]+)$/,
  /^Error invoking script '(?<script>.*)': (?<error>.*)$/s,
  /^Script '(?<script>.*)' slow, /s,
  /^(?<queue>Event|Intent|Query) queue depth(?:: | \()(?<depth>\d+)/,
  /^Listening on (?<url>\S+)$/,
  / from=(?<address>[\d[][\da-f.:\]]*:\d+)$/,
];

/** Fields that are numbers. */
const NUMBERS = new Set(["seq", "count", "confirmations", "depth"]);

/**
 * Takes a line of an agent's log apart, as in `2026/11/22 07:51:02 [INFO] agent: Serf agent starting`. `time` is when it was
 * written, if that is known better. A line of another form is a message of level INFO.
 */
export function parseLogLine(line: string, time?: Date): LogRecord {
  const match = LINE.exec(line);
  const level = match === null ? undefined : parseLogLevel(match[5]);
  if (match === null || level === undefined) return recordOf("INFO", line, time ?? new Date());
  const [, year, month, day, clock, , text] = match;
  return recordOf(level, text, time ?? `${year}-${month}-${day}T${clock}`);
}

/** A record of a text that starts with its source. */
function recordOf(level: LogLevel, text: string, time: Date | string): LogRecord {
  const [, subsystem, message] = SUBSYSTEM.exec(text) ?? ["", "", text];
  return {
    time: typeof time === "string" ? time : time.toISOString(),
    level,
    subsystem,
    message,
    fields: fieldsOf(message),
  };
}

/** How lines of an agent's log, and texts that are none, become one line of a format. */
export interface LogFormats {
  readonly line: (line: AgentLogLine) => string;
  readonly text: (level: LogLevel, text: string) => string;
}

/** The functions of a format. */
export function logFormats(format: StructuredFormat): LogFormats {
  return {
    line: ({ text, time }) => formatRecord(parseLogLine(text, time), format),
    text: (level, text) => formatRecord(recordOf(level, text, new Date()), format),
  };
}

/** A record in one line. */
export function formatRecord(record: LogRecord, format: StructuredFormat): string {
  const { fields, ...parts } = record;
  const values = { ...parts, ...fields };
  return format === "json"
    ? toJson(values)
    : Object.entries(values).map(([name, value]) => `${name}=${logfmtValue(value)}`).join(" ");
}

function fieldsOf(message: string): LogRecord["fields"] {
  for (const pattern of PATTERNS) {
    const groups = pattern.exec(message)?.groups;
    if (groups === undefined) continue;
    const known = Object.entries(groups).filter(([, value]) => value);
    return Object.fromEntries(
      known.map(([name, value]) => [name, NUMBERS.has(name) ? Number(value) : value]),
    );
  }
  return {};
}

/** A value of logfmt: quoted as by Go where it is not one plain word. */
function logfmtValue(value: string | number): string {
  const text = String(value);
  return /^[^\s"=\\\p{Cc}]+$/u.test(text) ? text : goQuote(text);
}
