import { assertEquals, assertThrows } from "@std/assert";
import { parseHandlerSpec } from "../../../lib/agent/handlers/handler_spec.ts";
import { StartupError } from "../../../lib/agent/config/startup_error.ts";

/** Type, name and script of each handler. */
function parsed(text: string): string[][] {
  return parseHandlerSpec(text).map(({ filter, script }) => [filter.type, filter.name, script]);
}

Deno.test("a script without a filter is run for every event", () => {
  assertEquals(parsed("./on event.sh"), [["*", "", "./on event.sh"]]);
  assertEquals(parsed("=x"), [["*", "", "x"]]);
  assertEquals(parsed(""), [["*", "", ""]]);
});

Deno.test("each item of the filter becomes a handler", () => {
  assertEquals(parsed("member-join,user:deploy,query=a=b"), [
    ["member-join", "", "a=b"],
    ["user", "deploy", "a=b"],
    ["query", "", "a=b"],
  ]);
});

Deno.test("an item that is not an event type is refused in Serf's words", () => {
  const cases: [string, string][] = [
    ["bogus=foo.sh", "Event 'bogus' invoking 'foo.sh'"],
    ["member-join:x=foo.sh", "Event 'member-join:x' invoking 'foo.sh'"],
    ["user:deploy,nope=foo.sh", "Event 'nope' invoking 'foo.sh'"],
    ["FOO=1 bar.sh", "Event 'FOO' invoking '1 bar.sh'"],
    ["user,=x", "Event '' invoking 'x'"],
  ];
  for (const [text, message] of cases) {
    const error = assertThrows(() => parseHandlerSpec(text), StartupError);
    assertEquals(error.message, `Invalid event script: ${message}`);
  }
});
