/**
 * Log levels, and the function type that receives log lines.
 *
 * @module
 */

/** Severity of a log line, least severe first, in the words of Serf's log. */
export type LogLevel = "TRACE" | "DEBUG" | "INFO" | "WARN" | "ERR";

/** Receives one log line; `text` starts with its source, as in `memberlist: Suspect x has failed`. */
export type Log = (level: LogLevel, text: string) => void;

/** All levels, least severe first. */
export const LOG_LEVELS: readonly LogLevel[] = ["TRACE", "DEBUG", "INFO", "WARN", "ERR"];

/** Whether a line of level `line` passes a filter of level `wanted`: it is as severe or more. */
export function levelPasses(line: LogLevel, wanted: LogLevel): boolean {
  return LOG_LEVELS.indexOf(line) >= LOG_LEVELS.indexOf(wanted);
}

/** Finds a level by its name in any case; `undefined` if there is none. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const upper = text.toUpperCase();
  return LOG_LEVELS.find((level) => level === upper);
}
