/**
 * Which events a handler or a stream is for: a comma list of event types, in which user events and queries may be
 * narrowed down to one name, as in `member-join,user:deploy`.
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
  /** The only name that passes, for user events and queries; empty: any. */
  readonly name: string;
}

/** The items of a list; an empty list is the same as `*`. Nothing is trimmed. */
export function splitEventFilters(text: string): string[] {
  return text === "" ? ["*"] : text.split(",");
}

/** Parses one item; `undefined` if it is no event type. */
export function parseEventFilter(item: string): EventFilter | undefined {
  const named = /^(user|query):(.*)$/s.exec(item);
  const [word, name] = named === null ? [item, ""] : [named[1], named[2]];
  const type = FILTER_TYPES.find((known) => known === word);
  return type === undefined ? undefined : { type, name };
}

/** Whether an event passes. */
export function matchesEvent({ type, name }: EventFilter, event: SerfEvent): boolean {
  if (type === "*") return true;
  if (type !== event.type) return false;
  if (event.type !== "user" && event.type !== "query") return true;
  return name === "" || name === event.name;
}
