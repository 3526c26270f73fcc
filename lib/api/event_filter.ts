/**
 * The event filters of handlers and streams: a list of event types with commas, as in `member-join,user:deploy`. For user
 * events and queries a name may follow.
 *
 * @module
 */

import type { SerfEvent } from "./event.ts";

const FILTER_TYPES = [
  "*",
  "member-join",
  "member-leave",
  "member-failed",
  "member-update",
  "member-reap",
  "user",
  "query",
] as const;

/** One item of the list. */
export interface EventFilter {
  readonly type: typeof FILTER_TYPES[number];
  /** The only name that passes, for user events and queries. Any name passes if this is empty. */
  readonly name: string;
}

/** Splits a list into its items. An empty list is the same as `*`. Spaces are not trimmed. */
export function splitEventFilters(text: string): string[] {
  return text === "" ? ["*"] : text.split(",");
}

/** Parses one item. Returns `undefined` if it is not an event type. */
export function parseEventFilter(item: string): EventFilter | undefined {
  const named = /^(user|query):(.*)$/s.exec(item);
  const [word, name] = named === null ? [item, ""] : [named[1], named[2]];
  const type = FILTER_TYPES.find((known) => known === word);
  return type === undefined ? undefined : { type, name };
}

/** Whether an event passes a filter. */
export function matchesEvent({ type, name }: EventFilter, event: SerfEvent): boolean {
  if (type === "*") return true;
  if (type !== event.type) return false;
  if (event.type !== "user" && event.type !== "query") return true;
  return name === "" || name === event.name;
}
