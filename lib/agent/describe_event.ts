/**
 * Events in the words of the log.
 *
 * @module
 */

import type { SerfEvent } from "../api/event.ts";

/** `user-event: NAME`, `query: NAME`, or the type of a member event. */
export function describeEvent(event: SerfEvent): string {
  switch (event.type) {
    case "user":
      return `user-event: ${event.name}`;
    case "query":
      return `query: ${event.name}`;
    default:
      return event.type;
  }
}
