/**
 * Handing the log to a logger of another library.
 *
 * @module
 */

import type { Log, LogLevel } from "../base/log.ts";

/** A logger as most libraries have one: `console`, LogTape, pino, winston. */
export interface Logger {
  /** Takes what is of interest only when something is being looked for. */
  debug(message: string): unknown;
  /** Takes what happens in the normal course of things. */
  info(message: string): unknown;
  /** Takes what may need attention. */
  warn(message: string): unknown;
  /** Takes what has failed. */
  error(message: string): unknown;
}

const METHODS: Readonly<Record<LogLevel, keyof Logger>> = {
  TRACE: "debug",
  DEBUG: "debug",
  INFO: "info",
  WARN: "warn",
  ERR: "error",
};

/**
 * A `log` option that writes to a logger.
 *
 * ```ts
 * import { Serf, toLog } from "@serf-deno/serf";
 *
 * await using serf = await Serf.create({ bind: "127.0.0.1:0", log: toLog(console) });
 * ```
 *
 * LogTape takes braces for placeholders, so they have to be doubled:
 *
 * ```ts ignore
 * import { getLogger } from "@logtape/logtape";
 *
 * const log = toLog(getLogger("serf"), { format: (text) => text.replace(/[{}]/g, "$&$&") });
 * ```
 */
export function toLog(
  logger: Logger,
  options: { readonly format?: (text: string) => string } = {},
): Log {
  const { format = (text) => text } = options;
  return (level, text) => void logger[METHODS[level]](format(text));
}
