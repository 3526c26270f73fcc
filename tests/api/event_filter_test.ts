import { assert, assertEquals } from "@std/assert";
import { QueryEvent, type SerfEvent, UserEvent } from "../../lib/api/event.ts";
import { matchesEvent, parseEventFilter, splitEventFilters } from "../../lib/api/event_filter.ts";

const events: Record<string, SerfEvent> = {
  join: { type: "member-join", members: [] },
  reap: { type: "member-reap", members: [] },
  deploy: new UserEvent({ lTime: 1, name: "deploy", payload: null, coalesce: false }),
  load: new QueryEvent({ lTime: 1, id: 1, name: "load", payload: null }, () => {}),
};

/** Names of the events that an item lets pass. */
function passing(item: string): string[] {
  const filter = parseEventFilter(item);
  assert(filter !== undefined, item);
  return Object.keys(events).filter((name) => matchesEvent(filter, events[name]));
}

Deno.test("a list is cut at commas and nothing is trimmed", () => {
  assertEquals(splitEventFilters(""), ["*"]);
  assertEquals(splitEventFilters("user:a,query"), ["user:a", "query"]);
  assertEquals(splitEventFilters("user, query,"), ["user", " query", ""]);
});

Deno.test("an item lets its type pass, and its name if it has one", () => {
  assertEquals(passing("*"), ["join", "reap", "deploy", "load"]);
  assertEquals(passing("member-join"), ["join"]);
  assertEquals(passing("member-reap"), ["reap"]);
  assertEquals(passing("user"), ["deploy"]);
  assertEquals(passing("user:deploy"), ["deploy"]);
  assertEquals(passing("user:"), ["deploy"]);
  assertEquals(passing("user:load"), []);
  assertEquals(passing("query"), ["load"]);
  assertEquals(passing("query:load"), ["load"]);
  assertEquals(passing("query:deploy"), []);
});

Deno.test("everything else is no event type", () => {
  for (const item of ["", " user", "bogus", "member-join:x", "*:x", "User", "toString"]) {
    assertEquals(parseEventFilter(item), undefined, item);
  }
});

Deno.test("a name may contain anything but a comma", () => {
  assertEquals(parseEventFilter("user:a:b\nc"), { type: "user", name: "a:b\nc" });
});
