/**
 * Where log lines go.
 *
 * @module
 */

import type { LogLevel } from "../base/world.ts";

/** Takes one log line; `text` starts with its source, as in `memberlist: Suspect x has failed`. */
export type Log = (level: LogLevel, text: string) => void;
