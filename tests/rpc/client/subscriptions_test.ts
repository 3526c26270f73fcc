import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { type QueryOptions, QueryResponse } from "../../../lib/api/query.ts";
import { RpcError } from "../../../lib/base/errors.ts";
import { until } from "../../support/until.ts";
import { FakeQuery, member } from "./fake_agent.ts";
import { Serving } from "../serve.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("a query yields acks and answers and ends when the agent says so", async () => {
  await using serving = new Serving();
  serving.agent.queryScript = (records) => {
    records.push({ type: "ack", from: "alpha" });
    records.push(new QueryResponse("alpha", bytes("1.23\n")));
    records.push(new QueryResponse("bravo", new Uint8Array()));
    records.close();
  };
  await using client = await serving.connect();
  const records = [];
  for await (const record of await client.query("load")) records.push(record);
  assertEquals(records, [
    { type: "ack", from: "alpha" },
    new QueryResponse("alpha", bytes("1.23\n")),
    new QueryResponse("bravo", new Uint8Array()),
  ]);
});

Deno.test("the end of a query is held back, so that clients can print the records before it", async () => {
  await using serving = new Serving();
  serving.agent.queryScript = (records) => {
    records.push({ type: "ack", from: "alpha" });
    records.close();
  };
  await using client = await serving.connect();
  const records = await client.query("load");
  await records.next();
  const printing = performance.now();
  assertEquals((await records.next()).done, true);
  assertGreater(performance.now() - printing, 50);
});

Deno.test("records of a query that was closed are ignored", async () => {
  await using serving = new Serving();
  serving.agent.queryScript = () => {};
  await using client = await serving.connect();
  (await client.query("load"))[Symbol.dispose]();
  const [records] = serving.agent.openQueries;
  for (let i = 0; i < 10; i++) records.push({ type: "ack", from: "alpha" });
  records.close();
  assertEquals((await client.members()).length, 1);
  assertEquals(await client.coordinate("x"), undefined);
});

Deno.test("a query event can be answered once, on its own connection, until its deadline", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  await using other = await serving.connect();
  const [queries, everything] = [
    await client.events({ types: ["query:ask"] }),
    await client.events(),
  ];
  const query = new FakeQuery("ask", bytes("?"), 7);
  serving.agent.emit(new FakeQuery("unrelated"));
  serving.agent.emit(query);
  const { value: event } = await queries.next();
  assert(event?.type === "query");
  assertEquals([event.name, event.payload, event.lTime], ["ask", bytes("?"), 7]);
  // Numbers count deliveries, not queries.
  const ids = [event.id];
  for (let i = 0; i < 2; i++) {
    const { value } = await everything.next();
    if (value?.type === "query") ids.push(value.id);
  }
  assertEquals(ids.toSorted(), [1, 2, 3]);
  await assertRejects(() => other.respond(event.id, "x"), RpcError, "No pending queries");
  await assertRejects(
    () => event.respond("x".repeat(2_000)),
    RpcError,
    "failed to respond to key query: response exceeds limit of 1024 bytes",
  );
  await event.respond("the answer");
  assertEquals(query.answers, [bytes("the answer")]);
  await assertRejects(
    () => event.respond("again"),
    RpcError,
    "failed to respond to key query: response already sent",
  );
  query.deadline = performance.now() - 1;
  await assertRejects(() => event.respond("late"), RpcError, "No pending queries matching ID");
});

Deno.test("member events have their members", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  const events = await client.events({ types: ["member-failed", "member-reap"] });
  serving.agent.emit({ type: "member-join", members: [member("early")] });
  const failed = [member("bravo", { status: "failed" }), member("charlie", { status: "failed" })];
  serving.agent.emit({ type: "member-failed", members: failed });
  const { value } = await events.next();
  assert(value?.type === "member-failed");
  assertEquals(value.members.map(({ name, status }) => [name, status]), [
    ["bravo", "failed"],
    ["charlie", "failed"],
  ]);
});

Deno.test("closing a subscription stops the agent's stream, and so does leaving its loop", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  const closed = await client.events({ types: ["user"] });
  const left = await client.events({ types: ["user"] });
  const kept = await client.events({ types: ["user"] });
  assertEquals(serving.agent.listeners.size, 3);
  closed.close();
  await client.userEvent("one");
  for await (const event of left) {
    assertEquals(event.type, "user");
    break;
  }
  await until(() => serving.agent.listeners.size === 1);
  await client.userEvent("two");
  const names = [];
  for (let i = 0; i < 2; i++) {
    const { value } = await kept.next();
    if (value?.type === "user") names.push(value.name);
  }
  assertEquals(names, ["one", "two"]);
});

Deno.test("a connection can have a second monitor after the first was closed", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  const first = await client.monitor();
  await assertRejects(() => client.monitor(), RpcError, "Monitor already exists");
  first.close();
  const second = await client.monitor("err");
  serving.log.write("ERR", "agent: oops");
  assertEquals((await second.next()).value?.slice(20), "[ERR] agent: oops");
});

Deno.test("a subscription that is not read keeps as many events as its capacity, and counts the rest", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  const events = await client.events({ types: ["user"], capacity: 10 });
  for (let i = 0; i < 25; i++) await client.userEvent("x");
  await until(() => events.size + events.dropped === 25);
  assertEquals([events.size, events.dropped], [10, 15]);
});

Deno.test("an abort ends a subscription and the agent's stream", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  const reason = new Error("enough");
  const aborter = new AbortController();
  const events = await client.events({ types: ["user"], signal: aborter.signal });
  const waiting = events.next();
  aborter.abort(reason);
  assertStrictEquals(await assertRejects(() => waiting), reason);
  await until(() => serving.agent.listeners.size === 0);
});

Deno.test("a stream that is aborted before the agent has accepted it is stopped too", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  const aborter = new AbortController();
  const opening = client.events({ types: ["user"], signal: aborter.signal });
  aborter.abort(new Error("enough"));
  await assertRejects(() => opening, Error, "enough");
  await client.members();
  assertEquals(serving.agent.listeners.size, 0);
});

Deno.test("a collected query says who did not answer, by the filters of the query", async () => {
  await using serving = new Serving();
  serving.agent.list = [
    member("web-1", { tags: { role: "web" } }),
    member("web-2", { status: "leaving", tags: { role: "web" } }),
    member("web-3", { status: "failed", tags: { role: "web" } }),
    member("db-1", { tags: { role: "db" } }),
  ];
  serving.agent.queryScript = (records) => {
    records.push({ type: "ack", from: "web-1" });
    setTimeout(() => {
      records.push(new QueryResponse("web-1", bytes("1")));
      records.close();
    }, 20);
  };
  await using client = await serving.connect();
  const missing = async (options: QueryOptions, name = "load") =>
    (await (await client.query(name, null, options)).collect()).missing;
  assertEquals(await missing({}), ["web-2", "db-1"]);
  assertEquals(await missing({ nodes: ["web-1", "db-1", "nobody"] }), ["db-1"]);
  assertEquals(await missing({ tags: { role: "^w" } }), ["web-2"]);
  assertEquals(await missing({ tags: { role: "[" } }), []);
  assertEquals(await missing({ nodes: ["web-1"] }, "_serf_ping"), []);
});
