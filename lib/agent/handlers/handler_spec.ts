/**
 * How event handlers are written in flags and files: `[FILTER=]SCRIPT`.
 *
 * @module
 */

import { type EventFilter, parseEventFilter, splitEventFilters } from "../../api/event_filter.ts";
import { StartupError } from "../config/config.ts";

/** A script, and the events it is run for. */
export interface HandlerSpec {
  readonly filter: EventFilter;
  readonly script: string;
}

/**
 * Parses one specification. It is cut at the first `=`, so a script that contains one needs a filter in front of it, for
 * instance `*=`. Each item of the filter makes a handler of its own. Throws a {@link StartupError} at an item that is no
 * event type.
 */
export function parseHandlerSpec(text: string): HandlerSpec[] {
  const equals = text.indexOf("=");
  const script = text.slice(equals + 1);
  return splitEventFilters(text.slice(0, Math.max(equals, 0))).map((item) => {
    const filter = parseEventFilter(item);
    if (filter !== undefined) return { filter, script };
    throw new StartupError(`Invalid event script: Event '${item}' invoking '${script}'`);
  });
}
