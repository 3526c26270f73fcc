import { assertEquals, assertRejects } from "@std/assert";
import { RpcError } from "../../../lib/base/errors.ts";
import { KeyError, RpcClient } from "../../../lib/rpc/client/client.ts";
import type { KeyResult } from "../../../lib/api/keys.ts";
import { member } from "./fake_agent.ts";
import { Serving } from "../serve.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("every method sends its arguments to the agent", async () => {
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
      failures: false,
      timeoutMs: 1_500.5,
    }],
    ["query", "plain", null, {
      nodes: [],
      tags: {},
      requestAck: false,
      relayFactor: 0,
      failures: false,
      timeoutMs: 0,
    }],
    ["leave"],
    ["shutdown"],
  ]);
});

Deno.test("members have all that the agent knows of them", async () => {
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

Deno.test("member filters are RE2 expressions P that are taken as ^P$", async () => {
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

Deno.test("a join returns how many members were reached, or fails with all reasons", async () => {
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

Deno.test("key operations return what each member said", async () => {
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

Deno.test("info and coordinates are passed on unchanged", async () => {
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

Deno.test("an RpcError has the agent's message", async () => {
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

Deno.test("setTags deletes the tags that the agent has", async () => {
  await using serving = new Serving();
  serving.agent.tags = { role: "web", zone: "z1" };
  serving.agent.statistics = { tags: serving.agent.tags };
  await using client = await serving.connect();
  await client.setTags({ role: "db" });
  assertEquals(serving.agent.tags, { role: "db" });
});

Deno.test("stats returns the agent's counters as numbers", async () => {
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
    [() => client.query("x", null, { timeoutMs: NaN }), "Cannot use timeoutMs: got NaN"],
    [() => client.keys.list({ relayFactor: 1 }), "Cannot use relayFactor"],
    [() => client.events({ types: wrong("user") }), 'Cannot use types: got "user"'],
    [() => RpcClient.connect(wrong({ adress: "" })), "did you mean address?"],
    [() => RpcClient.connect({ address: wrong(7373) }), "Cannot use address: got 7373"],
  ];
  for (const [call, message] of cases) await assertRejects(call, TypeError, message);
  assertEquals(serving.agent.calls, []);
});

Deno.test("a relay factor out of range is refused before anything is sent", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  for (const relayFactor of [-1, 256, NaN]) {
    await assertRejects(() => client.query("x", null, { relayFactor }), RangeError, "relayFactor");
  }
  assertEquals(serving.agent.calls, []);
});

Deno.test("metrics are the lines of the agent's report", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  assertEquals(await client.metrics(), []);
  serving.agent.metrics = ["[2026-11-23 19:25:50 +0000 UTC][G] 'a': 1.000", "second"];
  assertEquals(await client.metrics(), serving.agent.metrics);
});

Deno.test("why and whyAll are what the agent knows", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  assertEquals(await client.why("bravo"), serving.agent.explanation);
  const all = await client.whyAll("bravo");
  assertEquals([all.cluster.cause, all.silent], ["healthy", ["serf-1"]]);
  await assertRejects(() => client.why("nobody"), RpcError, "Cannot find member nobody");
});
