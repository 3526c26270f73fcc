import {
  assert,
  assertEquals,
  assertGreater,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { type QueryOptions, QueryResponse } from "../../../lib/api/query.ts";
import { RpcError } from "../../../lib/base/errors.ts";
import { KeyError, RpcClient } from "../../../lib/rpc/client/client.ts";
import {
  encodeRecord,
  encodeResponse,
  encodeResponseHeader,
  logRecord,
} from "../../../lib/rpc/protocol.ts";
import type { KeyResult } from "../../../lib/api/keys.ts";
import { until } from "../../support/until.ts";
import { FakeQuery, member } from "./fake_agent.ts";
import { Serving } from "../serve.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** An agent that answers with prepared bytes, as they are, for each request that arrives in one piece. */
class ScriptedAgent implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving: Promise<void>;
  readonly #connections: Deno.TcpConn[] = [];

  constructor(answers: readonly (Uint8Array | "close" | "nothing")[]) {
    this.#serving = this.#serve(answers);
  }

  get address(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
    for (const connection of this.#connections) connection.close();
  }

  async #serve(answers: readonly (Uint8Array | "close" | "nothing")[]): Promise<void> {
    try {
      const connection = await this.#listener.accept();
      this.#connections.push(connection);
      const buffer = new Uint8Array(65_536);
      for (const answer of answers) {
        if (answer === "nothing") return;
        if (await connection.read(buffer) === null) return;
        if (answer === "close") return await connection.closeWrite();
        await connection.write(answer);
      }
    } catch {
      // The test is over.
    }
  }
}

const agreed = encodeResponseHeader({ seq: 1n, error: "" });

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

Deno.test("every command arrives as it was meant", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  await client.userEvent("deploy", "v1", { coalesce: true });
  await client.userEvent("plain");
  await client.userEvent("binary", Uint8Array.of(0, 255));
  await client.forceLeave("bravo");
  await client.forceLeave("bravo", { prune: true });
  await client.updateTags({ set: { a: "1", both: "kept" }, delete: ["role", "both"] });
  await client.query("load", "now", {
    nodes: ["alpha"],
    tags: { role: "w.*" },
    requestAck: true,
    relayFactor: 3,
    timeoutMs: 1_500.5,
  });
  await client.query("plain");
  await client.leave();
  assertEquals(serving.agent.calls, [
    ["event", "deploy", bytes("v1"), true],
    ["event", "plain", null, false],
    ["event", "binary", Uint8Array.of(0, 255), false],
    ["force-leave", "bravo", false],
    ["force-leave", "bravo", true],
    ["tags", { a: "1", both: "kept" }],
    ["query", "load", bytes("now"), {
      nodes: ["alpha"],
      tags: { role: "w.*" },
      requestAck: true,
      relayFactor: 3,
      timeoutMs: 1_500.5,
    }],
    ["query", "plain", null, {
      nodes: [],
      tags: {},
      requestAck: false,
      relayFactor: 0,
      timeoutMs: 0,
    }],
    ["leave"],
    ["shutdown"],
  ]);
});

Deno.test("members come with everything the agent knows of them", async () => {
  await using serving = new Serving();
  serving.agent.list = [
    member("alpha", { tags: { role: "web", ["__proto__"]: "a tag like any other" } }),
    member("bravo", { host: "fd00::7", status: "failed" }),
    member("na\u00efve |x", { host: "::ffff:10.0.0.1", status: "left", tags: { "": "\u{1f600}" } }),
  ];
  await using client = await serving.connect();
  const members = await client.members();
  assertEquals(members.map(({ address, ...rest }) => ({ ...rest, address: address.text })), [
    { ...serving.agent.list[0], address: "127.0.0.20:7946" },
    { ...serving.agent.list[1], address: "[fd00::7]:7946" },
    { ...serving.agent.list[2], address: "10.0.0.1:7946" },
  ]);
  assertEquals(members[2].address.ip.length, 16);
});

Deno.test("filters are RE2 expressions between ^ and $, without a group", async () => {
  await using serving = new Serving();
  serving.agent.list = [
    member("web-1", { tags: { role: "web" } }),
    member("web-2", { status: "failed", tags: { role: "web" } }),
    member("db-1", { tags: { role: "db", dc: "east" } }),
  ];
  await using client = await serving.connect();
  const names = async (filter: Parameters<RpcClient["members"]>[0]) =>
    (await client.members(filter)).map(({ name }) => name);
  assertEquals(await names({}), ["web-1", "web-2", "db-1"]);
  assertEquals(await names({ status: "alive" }), ["web-1", "db-1"]);
  assertEquals(await names({ status: "live" }), []);
  assertEquals(await names({ name: "web-.*", status: "failed" }), ["web-2"]);
  assertEquals(await names({ name: "web|b-1" }), ["web-1", "web-2", "db-1"]);
  assertEquals(await names({ name: "b-1|web" }), []);
  assertEquals(await names({ tags: { dc: "" } }), ["web-1", "web-2"]);
  assertEquals(await names({ tags: { role: "web", dc: ".*" } }), ["web-1", "web-2"]);
  assertEquals(await names({ tags: { toString: "" } }), ["web-1", "web-2", "db-1"]);
  assertEquals(await names({ name: "(?i)WEB-\\d" }), ["web-1", "web-2"]);
});

Deno.test("a malformed filter ends the connection", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  const error = await assertRejects(() => client.members({ name: "[" }), RpcError);
  assertEquals([error.message, error.command], ["client closed", "members-filtered"]);
  await assertRejects(() => client.members(), RpcError, "client closed");
});

Deno.test("a join tells how many were reached, or all that went wrong", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  assertEquals(await client.join(["127.0.0.20", "127.0.0.21:7946", "127.0.0.29:7999"]), 2);
  assertEquals(await client.join([], { replay: true }), 0);
  const one = await assertRejects(() => client.join(["127.0.0.29:7999"]), RpcError);
  const line =
    "\n\t* failed to join 127.0.0.29:7999: dial tcp 127.0.0.29:7999: connect: connection refused";
  assertEquals(one.message, `1 error occurred:${line}\n\n`);
  const two = await assertRejects(() => client.join(["a:7999", "b:7999"]), RpcError);
  assertEquals(two.message, `2 errors occurred:${line}${line}\n\n`);
  assertEquals(serving.agent.calls[1], ["join", [], true]);
});

Deno.test("key operations report what every member said", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  const result: KeyResult = {
    nodes: 3,
    responses: 3,
    failures: 0,
    messages: new Map(),
    keys: new Map([["a2V5", 3], ["b3RoZXI=", 1]]),
    primaryKeys: new Map([["a2V5", 3]]),
  };
  serving.agent.keyResult = result;
  const report = { ...result, primaryKeys: new Map(), error: undefined };
  assertEquals(await client.keys.list(), report);
  assertEquals(await client.keys.install("a2V5"), { ...report, keys: new Map() });
  const messages = new Map([["bravo", "No keyring to modify (encryption not enabled)"]]);
  const refused = "1/3 nodes reported failure";
  serving.agent.keyResult = new KeyError({ ...result, failures: 1, messages, error: refused });
  for (const operation of ["install", "use", "remove"] as const) {
    const error = await assertRejects(() => client.keys[operation]("a2V5"), KeyError);
    assertEquals(
      error.message,
      `${refused}: bravo: No keyring to modify (encryption not enabled)`,
    );
    const failed = { failures: 1, messages, keys: new Map(), error: refused };
    assertEquals(error.result, { ...report, ...failed });
  }
  serving.agent.keyResult = new TypeError("illegal base64 data at input byte 0");
  const error = await assertRejects(() => client.keys.use("!"), KeyError);
  assertEquals(error.message, "illegal base64 data at input byte 0");
  assertEquals(error.result.nodes, 0);
  assertEquals(serving.agent.calls.map(([operation]) => operation), [
    "list-keys",
    "install-key",
    "install-key",
    "use-key",
    "remove-key",
    "use-key",
  ]);
});

Deno.test("statistics and coordinates come as they are", async () => {
  await using serving = new Serving();
  const alpha = {
    vec: [1e-5, -2, 0, 0, 0, 0, 0, 3.5],
    error: 1.5,
    adjustment: -1e-9,
    height: 1e-5,
  };
  serving.agent.coordinates = { alpha };
  serving.agent.statistics = { agent: { name: "alpha" }, event_handlers: {}, tags: { a: "b" } };
  await using client = await serving.connect();
  assertEquals(await client.info(), serving.agent.statistics);
  assertEquals(await client.coordinate("alpha"), alpha);
  assertEquals(await client.coordinate("nobody"), undefined);
  assertEquals(await client.coordinate("toString"), undefined);
});

Deno.test("the agent's own words reach the caller", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  const failing = async (call: () => Promise<unknown>) =>
    (await assertRejects(call, RpcError)).message;
  assertEquals(
    await failing(() => client.userEvent("x", "y".repeat(600))),
    "user event exceeds configured limit of 512 bytes before encoding",
  );
  assertEquals(
    await failing(() => client.updateTags({ set: { big: "x".repeat(600) } })),
    "Encoded length of tags exceeds limit of 512 bytes",
  );
  assertEquals(
    await failing(() => client.query("x", "y".repeat(2_000))),
    "query exceeds limit of 1024 bytes",
  );
  assertEquals(
    await failing(() => client.query("_serf_x")),
    "Queries cannot contain the '_serf_' prefix",
  );
  assertEquals(
    await failing(() => client.query("_serf_ping", "payload")),
    "Queries cannot contain the '_serf_' prefix",
  );
  assertEquals(
    await failing(() => client.events({ types: ["bogus" as "user"] })),
    "Invalid event filter",
  );
  assertEquals(await failing(() => client.monitor("foo")), "Unknown log level: FOO");
  assertEquals(await failing(() => client.respond(4242, "")), "No pending queries matching ID");
  serving.agent.forceLeaving = () =>
    Promise.reject(new Error("timed out broadcasting node removal"));
  assertEquals(
    await failing(() => client.forceLeave("x")),
    "timed out broadcasting node removal",
  );
});

Deno.test("a query yields acks and answers and ends with the agent's word", async () => {
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

Deno.test("the end of a query leaves slow clients the time to print what came before", async () => {
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

Deno.test("what arrives for a query that nobody reads any more is passed over", async () => {
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

Deno.test("a streamed query is answered once, by its connection, and in time", async () => {
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

Deno.test("member events carry their members", async () => {
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

Deno.test("closing a stream stops it, and so does leaving its loop", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  const closed = await client.events({ types: ["user"] });
  const left = await client.events({ types: ["user"] });
  const kept = await client.events({ types: ["user"] });
  assertEquals(serving.agent.sinks.size, 3);
  closed.close();
  await client.userEvent("one");
  for await (const event of left) {
    assertEquals(event.type, "user");
    break;
  }
  await until(() => serving.agent.sinks.size === 1);
  await client.userEvent("two");
  const names = [];
  for (let i = 0; i < 2; i++) {
    const { value } = await kept.next();
    if (value?.type === "user") names.push(value.name);
  }
  assertEquals(names, ["one", "two"]);
});

Deno.test("after a monitor has been closed there may be another one", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  const first = await client.monitor();
  await assertRejects(() => client.monitor(), RpcError, "Monitor already exists");
  first.close();
  const second = await client.monitor("err");
  serving.log.write("ERR", "agent: oops");
  assertEquals((await second.next()).value?.slice(20), "[ERR] agent: oops");
});

Deno.test("a subscription that is not read keeps its capacity and counts the rest", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  const events = await client.events({ types: ["user"], capacity: 10 });
  for (let i = 0; i < 25; i++) await client.userEvent("x");
  await until(() => events.size + events.dropped === 25);
  assertEquals([events.size, events.dropped], [10, 15]);
});

Deno.test("an abort ends the wait for an answer, and the next answer still fits", async () => {
  await using serving = new Serving();
  const { promise, resolve } = Promise.withResolvers<void>();
  serving.agent.forceLeaving = () => promise;
  await using client = await serving.connect();
  const reason = new Error("changed my mind");
  const aborter = new AbortController();
  const leaving = client.forceLeave("x", { signal: aborter.signal });
  aborter.abort(reason);
  assertStrictEquals(await assertRejects(() => leaving), reason);
  assertStrictEquals(
    await assertRejects(() => client.members({}, { signal: aborter.signal })),
    reason,
  );
  resolve();
  assertEquals((await client.members()).length, 1);
});

Deno.test("an abort ends a stream for the reader and for the agent", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  const reason = new Error("enough");
  const aborter = new AbortController();
  const events = await client.events({ types: ["user"], signal: aborter.signal });
  const waiting = events.next();
  aborter.abort(reason);
  assertStrictEquals(await assertRejects(() => waiting), reason);
  await until(() => serving.agent.sinks.size === 0);
});

Deno.test("a stream that is aborted before it is agreed to is stopped as well", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  const aborter = new AbortController();
  const opening = client.events({ types: ["user"], signal: aborter.signal });
  aborter.abort(new Error("enough"));
  await assertRejects(() => opening, Error, "enough");
  await client.members();
  assertEquals(serving.agent.sinks.size, 0);
});

Deno.test("when the agent goes away, calls and streams fail", async () => {
  const serving = new Serving();
  serving.agent.forceLeaving = () => new Promise(() => {});
  await using client = await serving.connect();
  const events = await client.events();
  const leaving = client.forceLeave("x");
  const [failedCall, failedStream] = [
    assertRejects(() => leaving, RpcError, "client closed"),
    assertRejects(() => events.next(), RpcError, "client closed"),
  ];
  await until(() => serving.agent.calls.length === 1);
  await serving.server.close();
  assertEquals((await failedCall).command, "force-leave");
  await failedStream;
  await assertRejects(() => client.members(), RpcError, "client closed");
});

Deno.test("when we close, calls fail and streams just end", async () => {
  await using serving = new Serving();
  serving.agent.forceLeaving = () => new Promise(() => {});
  const client = await serving.connect();
  const events = await client.events();
  const failed = assertRejects(() => client.forceLeave("x"), RpcError, "client closed");
  await client.close();
  await client.close();
  await failed;
  assertEquals(await events.next(), { done: true, value: undefined });
});

Deno.test("connecting fails in Go's words", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const free = `127.0.0.1:${listener.addr.port}`;
  listener.close();
  const cases = [
    [free, `dial tcp ${free}: connect: connection refused`],
    ["127.0.0.1", "dial tcp: address 127.0.0.1: missing port in address"],
    ["127.0.0.1:99999", "dial tcp: address 99999: invalid port"],
    ["", "dial tcp: missing address"],
    ["127.0.0.1:http", "dial tcp: address tcp/http: unknown port"],
    ["::1", "dial tcp: address ::1: too many colons in address"],
    ["[::1", "dial tcp: address [::1: missing ']' in address"],
  ];
  for (const [address, message] of cases) {
    const error = await assertRejects(() => RpcClient.connect({ address }), RpcError);
    assertEquals([error.message, error.command], [message, "connect"]);
  }
});

Deno.test("a token is sent when there is one, and must be right", async () => {
  await using serving = new Serving("s3cret");
  const wrong = await assertRejects(() => serving.connect({ authKey: "nope" }), RpcError);
  assertEquals(wrong.message, "Invalid authentication token");
  await using right = await serving.connect({ authKey: "s3cret" });
  assertEquals((await right.members()).length, 1);
  await using none = await serving.connect();
  await assertRejects(() => none.members(), RpcError, "Authentication required");
  await assertRejects(() => none.events(), RpcError, "Authentication required");
  const error = await assertRejects(() => none.keys.list(), RpcError, "Authentication required");
  assert(!(error instanceof KeyError));
  await assertRejects(() => none.members(), RpcError, "Authentication required");
});

Deno.test("an agent that never answers the handshake can be given up", async () => {
  await using silent = new ScriptedAgent(["nothing"]);
  const aborter = new AbortController();
  const connecting = RpcClient.connect({ address: silent.address, signal: aborter.signal });
  aborter.abort(new Error("too slow"));
  await assertRejects(() => connecting, Error, "too slow");
});

Deno.test("an agent that closes instead of answering the handshake is a failed connection", async () => {
  await using closing = new ScriptedAgent(["close"]);
  await assertRejects(
    () => RpcClient.connect({ address: closing.address }),
    RpcError,
    "client closed",
  );
});

Deno.test("an agent that does not read makes a write time out", async () => {
  await using stuck = new ScriptedAgent([agreed, "nothing"]);
  await using client = await RpcClient.connect({ address: stuck.address, timeoutMs: 100 });
  const huge = new Uint8Array(64 * 1024 * 1024);
  const error = await assertRejects(
    () => client.userEvent("huge", huge),
    RpcError,
    "client closed",
  );
  assertInstanceOf(error.cause, Error);
  assertEquals(error.cause.message, "write: i/o timeout");
});

Deno.test("an agent that refuses one request twice does not confuse the client", async () => {
  const refused = encodeResponseHeader({ seq: 2n, error: "Authentication required" });
  const listed = encodeResponse({ seq: 3n, error: "" }, "members-filtered", {
    Members: [member("alpha")],
  });
  await using agent = new ScriptedAgent([agreed, joined(refused, refused), listed]);
  await using client = await RpcClient.connect({ address: agent.address });
  await assertRejects(() => client.userEvent("x"), RpcError, "Authentication required");
  assertEquals((await client.members())[0].name, "alpha");
});

Deno.test("answer and records may arrive in one piece", async () => {
  const header = encodeResponseHeader({ seq: 2n, error: "" });
  const line = encodeRecord(2n, logRecord, { Log: "one\ntwo" });
  await using agent = new ScriptedAgent([agreed, joined(header, line, line)]);
  await using client = await RpcClient.connect({ address: agent.address });
  const log = await client.monitor();
  assertEquals([(await log.next()).value, (await log.next()).value], ["one\ntwo", "one\ntwo"]);
});

for (
  const [what, answer] of [
    ["garbage", bytes("HTTP/1.1 400 Bad Request\r\n")],
    ["a value of 4 GiB", Uint8Array.fromHex("c6ffffffff")],
    [
      "an event of unknown type",
      joined(
        encodeResponseHeader({ seq: 2n, error: "" }),
        encodeRecord(2n, logRecord, { Log: "no event" }),
      ),
    ],
  ] as const
) {
  Deno.test(`${what} from the agent ends the connection`, async () => {
    await using agent = new ScriptedAgent([agreed, answer]);
    await using client = await RpcClient.connect({ address: agent.address });
    const error = await assertRejects(
      async () => await (await client.events()).next(),
      RpcError,
      "client closed",
    );
    assertInstanceOf(error.cause, Error);
    await assertRejects(() => client.members(), RpcError, "client closed");
  });
}

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

Deno.test("all tags are replaced by deleting those that the agent has", async () => {
  await using serving = new Serving();
  serving.agent.tags = { role: "web", zone: "z1" };
  serving.agent.statistics = { tags: serving.agent.tags };
  await using client = await serving.connect();
  await client.setTags({ role: "db" });
  assertEquals(serving.agent.tags, { role: "db" });
});

Deno.test("the counters of an agent come as numbers", async () => {
  await using serving = new Serving();
  const serf = { members: "3", failed: "1", health_score: "2", encrypted: "true" };
  serving.agent.statistics = { serf: { ...serf, coordinate_resets: "0" } };
  await using client = await serving.connect();
  const stats = await client.stats();
  assertEquals([stats.members, stats.failed, stats.healthScore, stats.left], [3, 1, 2, NaN]);
  assertEquals([stats.encrypted, stats.coordinateResets], [true, 0]);
});

Deno.test("wrong arguments are refused by name, and nothing is sent", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  // deno-lint-ignore no-explicit-any
  const wrong = (value: unknown): any => value;
  const cases: [() => Promise<unknown>, string][] = [
    [() => client.join(wrong("x")), 'Cannot use addresses: got "x", expected an array of texts'],
    [() => client.userEvent("x", wrong({})), "Cannot use payload: got an object, expected text"],
    [() => client.userEvent("x", null, wrong({ coalesc: true })), "did you mean coalesce?"],
    [() => client.members(wrong({ tag: {} })), "did you mean tags?"],
    [() => client.leave(wrong({ signal: 1 })), "Cannot use signal: got 1"],
    [() => client.setTags(wrong({ a: 1 })), "Cannot use tags.a: got 1, expected text"],
    [() => client.query("x", null, { waitForTimeout: true }), "Cannot use waitForTimeout"],
    [() => client.keys.list({ relayFactor: 1 }), "Cannot use relayFactor"],
    [() => client.events({ types: wrong("user") }), 'Cannot use types: got "user"'],
    [() => RpcClient.connect(wrong({ adress: "" })), "did you mean address?"],
    [() => RpcClient.connect({ address: wrong(7373) }), "Cannot use address: got 7373"],
  ];
  for (const [call, message] of cases) await assertRejects(call, TypeError, message);
  assertEquals(serving.agent.calls, []);
});

Deno.test("what is printed of a client says where it is connected", async () => {
  await using serving = new Serving();
  const client = await serving.connect();
  const address = serving.server.address.text;
  assertEquals(Deno.inspect(client), `RpcClient { address: "${address}", closed: false }`);
  await client.close();
  assertEquals(Deno.inspect(client), `RpcClient { address: "${address}", closed: true }`);
});

Deno.test("a relay factor that is no byte is refused before it is sent", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  for (const relayFactor of [-1, 256, NaN]) {
    await assertRejects(() => client.query("x", null, { relayFactor }), RangeError, "relayFactor");
  }
  assertEquals(serving.agent.calls, []);
});
