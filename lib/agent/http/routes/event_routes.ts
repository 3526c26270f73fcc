/**
 * User events, and the stream of all events.
 *
 * @module
 */

import { parseEventFilter, splitEventFilters } from "../../../api/event_filter.ts";
import { payloadJson } from "../json_forms.ts";
import { type Cursor, parseCursor } from "../events/event_ring.ts";
import { Problem } from "../problem.ts";
import { bytes, flag, integer, list, object, payload, text } from "../schemas.ts";
import { route } from "./route.ts";

/** The routes. */
export const eventRoutes = [
  route({
    method: "put",
    path: "/v1/event/fire/{name}",
    id: "fireEvent",
    summary: "Send a user event to all members",
    access: "token",
    parameters: { name: "Name of the event" },
    query: {
      coalesce: {
        kind: "flag",
        help: "Whether receivers that fall behind may keep only the latest of this name",
      },
    },
    body: { type: "application/octet-stream", schema: bytes, help: "The payload" },
    response: { schema: object({ Name: text, Payload: payload }), help: "The event" },
    async handle({ agent }, { path: { name: Name }, query: { coalesce }, body }) {
      const sent = body.length > 0 ? body : null;
      await agent.userEvent(Name, sent, { coalesce });
      return { json: { Name, Payload: payloadJson(sent) } };
    },
  }),
  route({
    method: "get",
    path: "/v1/event/list",
    id: "listEvents",
    summary: "The latest user events",
    access: "read",
    query: { name: { kind: "text", help: "Only events of this name" } },
    response: {
      schema: list(
        object({ ID: text, Name: text, Payload: payload, LTime: integer, Coalesce: flag }),
      ),
      help: "The events, the oldest first",
    },
    blocking: {
      index: ({ events }) => events.userEventIndex.value,
      wait: ({ events }, index, options) => events.userEventIndex.wait(index, options),
    },
    handle({ events }, { query: { name } }) {
      const found = events.userEvents()
        .filter(({ event }) => name === undefined || event.name === name);
      return {
        json: found.map(({ seq, event }) => ({
          ID: events.cursor(seq),
          Name: event.name,
          Payload: payloadJson(event.payload),
          LTime: event.lTime,
          Coalesce: event.coalesce,
        })),
      };
    },
  }),
  route({
    method: "get",
    path: "/v1/stream",
    id: "streamEvents",
    summary: "Every member event, user event and query, as Server-Sent Events",
    access: "read",
    query: {
      type: {
        kind: "text",
        help: "Event types with commas, as event handlers have them: `member-failed,user:deploy`",
      },
      after: {
        kind: "text",
        help: "Cursor of the last event that was read, or `oldest`; the header Last-Event-ID " +
          "comes before it. Default: only new events",
      },
    },
    response: {
      type: "text/event-stream",
      schema: text,
      help: "`start` says where the stream begins, and `gap` that events were lost: how many, or " +
        "null after a restart. The other events have the type and the JSON of MemberEvent, " +
        "UserEvent or QueryEvent",
    },
    handle({ streams }, { query: { type = "", after }, headers }) {
      const filters = splitEventFilters(type).map((item) => {
        const filter = parseEventFilter(item);
        if (filter === undefined) {
          throw new Problem(400, `Cannot use type: got "${item}", expected a type of events`);
        }
        return filter;
      });
      const place = headers.get("last-event-id") || after || undefined;
      return {
        body: streams.open({ filters, after: place === undefined ? undefined : parsePlace(place) }),
      };
    },
  }),
];

function parsePlace(text: string): Cursor | "oldest" {
  const place = text === "oldest" ? text : parseCursor(text);
  if (place !== undefined) return place;
  throw new Problem(400, `Cannot use cursor: got "${text}", expected the id of an event`);
}
