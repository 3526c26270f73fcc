/** A node that has no compiler of expressions until it needs one. */

import { assertEquals, assertThrows } from "@std/assert";
import { compileExpression } from "../../../lib/go/regexp.ts";
import { encodeFilters } from "../../../lib/serf/queries/filters.ts";
import { QueryFlag, type QueryMessage } from "../../../lib/wire/messages/serf_messages.ts";
import { addressOf, blind, SerfNetwork, type SerfNode } from "../serf_network.ts";

function start(tags: Readonly<Record<string, string>> = { role: "web" }): SerfNode {
  const config = { ...blind, tags };
  return new SerfNetwork().start("self", config, { compileExpression: undefined });
}

let lastTime = 0;

function query(name: string, tags?: Readonly<Record<string, string>>): QueryMessage {
  return {
    type: "query",
    lTime: ++lastTime,
    id: lastTime,
    address: addressOf("?"),
    sourceNode: "?",
    filters: encodeFilters({ tags }),
    flags: QueryFlag.ack,
    relayFactor: 0,
    timeoutNs: 1e9,
    name,
    payload: null,
  };
}

function userEvent(name: string) {
  return { type: "user-event", lTime: ++lastTime, name, payload: null, coalesce: false } as const;
}

/** Names of the queries and events that were delivered, and `load`, in order. */
function outputs(node: SerfNode): string[] {
  return node.outputs.flatMap((output) => {
    if (output.type === "expressions-needed") return ["load"];
    if (output.type === "query" || output.type === "user") return [output.name];
    return output.type === "member-join" ? output.members.map(({ name }) => name) : [];
  });
}

Deno.test("a query that needs expressions waits for them, and what comes after it waits for the query", () => {
  const node = start();
  node.outputs.length = 0;
  node.hear(query("for all"));
  node.hear(query("for web", { role: "^web$" }), query("for db", { role: "^db$" }));
  node.hear(userEvent("deploy"), query("for all again"));
  node.meet("a");
  node.hear(query("for any role", { role: "." }));
  assertEquals(outputs(node), ["for all", "load"]);
  assertEquals(node.core.stats().query_queue, "5", "all are gossiped on at once");
  assertEquals(node.core.compilesExpressions, false);

  node.core.loadExpressions(compileExpression);
  const delivered = ["for web", "deploy", "for all again", "a", "for any role"];
  assertEquals(outputs(node), ["for all", "load", ...delivered]);
  node.hear(query("for web at once", { role: "^web$" }));
  assertEquals(outputs(node).at(-1), "for web at once");
  assertEquals(node.lost.length, 5, "each that is for us is acknowledged");
});

Deno.test("the time for an answer counts from the arrival", () => {
  const network = new SerfNetwork();
  const node = network.start("self", { ...blind, tags: { role: "web" } }, {
    compileExpression: undefined,
  });
  const arrivedAt = node.now;
  node.hear(query("load", { role: "^web$" }));
  network.run(600);
  node.core.loadExpressions(compileExpression);
  assertEquals(node.all("query").map(({ deadline }) => deadline - arrivedAt), [1_000]);
});

Deno.test("if expressions cannot be loaded, queries that need them are ignored, and nothing else is lost", () => {
  const node = start();
  node.hear(query("for web", { role: "^web$" }), userEvent("deploy"));
  node.core.loadExpressions(() => {
    throw new Error("no such file");
  });
  assertEquals(outputs(node).slice(-2), ["load", "deploy"]);
  assertEquals(node.logs("WARN"), ["failed to compile filter regex (^web$): no such file"]);
});

Deno.test("only so much waits for expressions", () => {
  const node = start();
  node.hear(query("for web", { role: "^web$" }));
  for (let i = 1; i < 1_024; i++) node.hear(userEvent(`event ${i}`));
  assertEquals(node.all("user").length, 0);
  node.hear(userEvent("one too many"));
  assertEquals(node.all("user").length, 1_024);
  assertEquals(node.logs("WARN"), ["failed to compile filter regex (^web$): RE2 is not loaded"]);
});

Deno.test("a shutdown delivers the events that wait, and not the query", () => {
  const node = start();
  node.hear(query("for web", { role: "^web$" }), userEvent("deploy"));
  node.core.shutdown();
  node.core.loadExpressions(compileExpression);
  assertEquals(outputs(node).slice(-2), ["load", "deploy"]);
});

Deno.test("a query with tag filters is not sent before expressions can be compiled", () => {
  const node = start();
  const send = (tags: Readonly<Record<string, string>>) =>
    node.core.query("load", null, { id: node.newId(), tags });
  const message = "Cannot send query: expressions cannot be compiled yet";
  assertThrows(() => send({ role: "web" }), Error, message);
  send({});
  assertEquals(outputs(node).at(-1), "load", "the query");
});
