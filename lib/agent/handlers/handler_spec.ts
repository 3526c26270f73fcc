/**
 * How event handlers are written in flags and files: `[FILTER=]SCRIPT`.
 *
 * @module
 */

import { type EventFilter, parseEventFilter, splitEventFilters } from "../../api/event_filter.ts";
import { badSetting } from "../config/startup_error.ts";

/** A script, and the events that it is run for. */
export interface HandlerSpec {
  readonly filter: EventFilter;
  readonly script: string;
}

/**
 * Parses one specification, in which the first `=` ends the filter: a script that contains a `=` needs a filter in front,
 * for instance `*=`. Returns one handler for each item of the filter. Throws a `StartupError` if an item is not an
 * event type.
 */
export function parseHandlerSpec(text: string): HandlerSpec[] {
  const equals = text.indexOf("=");
  const script = text.slice(equals + 1);
  return splitEventFilters(text.slice(0, Math.max(equals, 0))).map((item) => {
    const filter = parseEventFilter(item);
    if (filter !== undefined) return { filter, script };
    const problem = `Invalid event script: Event '${item}' invoking '${script}'`;
    throw badSetting("eventHandlers", problem, { item: text });
  });
}
