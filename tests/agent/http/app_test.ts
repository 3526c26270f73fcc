import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { KeyError } from "../../../lib/api/keys.ts";
import { QueryResponse } from "../../../lib/api/query.ts";
import { ClosedError, TimeoutError } from "../../../lib/base/errors.ts";
import { member } from "../../rpc/client/fake_agent.ts";
import { HttpFixture, problem } from "./http_fixture.ts";

const text = (bytes: unknown) => new TextDecoder().decode(bytes as Uint8Array);

Deno.test("the members are listed, by name, and may be filtered", async () => {
  using api = new HttpFixture();
  api.agent.list = [
    member("charlie", { status: "failed" }),
    member("alpha", { tags: { role: "web" } }),
    member("bravo", { host: "::1", tags: { role: "db" } }),
  ];
  const names = async (query: string) =>
    (await api.json("GET", `/v1/agent/members${query}`) as { Name: string }[])
      .map(({ Name }) => Name);
  assertEquals(await names(""), ["alpha", "bravo", "charlie"]);
  assertEquals(await names("?status=failed"), ["charlie"]);
  assertEquals(await names("?name=a.*|b.*"), ["alpha", "bravo"]);
  assertEquals(await names("?tag=role=web|db&tag=zone="), ["alpha", "bravo"]);
  const [{ Since, ...first }] = await api.json("GET", "/v1/agent/members?name=bravo") as [
    Record<string, unknown>,
  ];
  assertMatch(String(Since), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assertEquals(first, {
    Name: "bravo",
    Addr: "::1",
    Port: 7946,
    Tags: { role: "db" },
    Status: "alive",
    ProtocolMin: 1,
    ProtocolMax: 5,
    ProtocolCur: 2,
    DelegateMin: 2,
    DelegateMax: 5,
    DelegateCur: 5,
  });
});

Deno.test("a byte that is not UTF-8 is U+FFFD, so that one name does not spoil a list for strict parsers", async () => {
  using api = new HttpFixture();
  api.agent.list = [member("caf\udce9", { tags: { "\udcff": "\\\udc80" } })];
  const [{ Name, Tags }] = await api.json("GET", "/v1/agent/members") as [Record<string, unknown>];
  assertEquals([Name, Tags], ["caf\ufffd", { "\ufffd": "\\\ufffd" }]);
  api.agent.joinFailure = "caf\udce9";
  const [, detail] = await problem(api.request("PUT", "/v1/agent/join/127.0.0.29:7999"));
  assertMatch(detail, /\* caf\ufffd\n/);
});

Deno.test("what a client has sent forges no line of the log", async () => {
  using api = new HttpFixture();
  const [status] = await problem(api.request("GET", "/v1/agent/members?status=(%0aERR%1b"));
  assertEquals(status, 400);
  assertEquals(api.log.length, 1);
  assertMatch(api.log[0], /^DEBUG agent\.http: .*`\^\(\\nERR\\x1b\$`$/);
});

Deno.test("a node shows itself, its tags and its coordinate", async () => {
  using api = new HttpFixture();
  const self = await api.json("GET", "/v1/agent/self") as Record<string, Record<string, unknown>>;
  assertEquals(self.Member.Name, "alpha");
  assertEquals(self.Coord, null);
  assertEquals(self.Stats, { agent: { name: "alpha" } });
  assertEquals(self.Suspicions as unknown, []);
  api.agent.suspected = [{ node: "bravo", suspectedBy: ["alpha"], ageMs: 1_499.6, leftMs: 500.2 }];
  const { Suspicions } = await api.json("GET", "/v1/agent/self") as Record<string, unknown>;
  assertEquals(Suspicions, [{ Node: "bravo", From: ["alpha"], AgeMs: 1_500, LeftMs: 500 }]);
  assertEquals(await api.json("GET", "/v1/agent/tags"), { role: "web" });
  assertEquals(await api.json("GET", "/v1/coordinate/nodes"), []);
  api.agent.coordinates = { alpha: { vec: [1, 2], error: 0.5, adjustment: 0.1, height: 0.01 } };
  const Coord = { Vec: [1, 2], Error: 0.5, Adjustment: 0.1, Height: 0.01 };
  assertEquals(await api.json("GET", "/v1/coordinate/nodes"), [{ Node: "alpha", Coord }]);
});

Deno.test("what is asked for reaches the agent", async () => {
  using api = new HttpFixture();
  assertEquals(await api.json("PUT", "/v1/agent/join/10.0.0.1:7946?replay"), { Joined: 1 });
  await api.json("PUT", "/v1/agent/force-leave/web%2F1%20b");
  await api.json("PUT", "/v1/agent/force-leave/c?prune=true");
  await api.json("PUT", "/v1/agent/tags", '{"role":"db"}');
  const event = await api.json("PUT", "/v1/event/fire/deploy?coalesce=true", "v2");
  assertEquals(event, { Name: "deploy", Payload: "djI=" });
  await api.json("PUT", "/v1/event/fire/ping");
  const calls = api.agent.calls.map((call) =>
    call.map((item) => item instanceof Uint8Array ? text(item) : item)
  );
  assertEquals(calls, [
    ["join", ["10.0.0.1:7946"], true],
    ["force-leave", "web/1 b", false],
    ["force-leave", "c", true],
    ["tags", { role: "db" }],
    ["event", "deploy", "v2", true],
    ["event", "ping", null, false],
  ]);
});

Deno.test("why a member is in its state is told, and of unknown names that there is none", async () => {
  using api = new HttpFixture();
  const explanation = { ...api.agent.explanation };
  assertEquals(await api.json("GET", "/v1/why/bravo"), explanation);
  const all = await api.json("POST", "/v1/why/bravo") as Record<string, unknown>;
  assertEquals([all.node, all.silent], ["bravo", ["serf-1"]]);
  assertEquals(await problem(api.request("GET", "/v1/why/nobody")), [
    404,
    "Cannot find member nobody",
  ]);
});

Deno.test("acks and answers to a query come as lines of JSON", async () => {
  using api = new HttpFixture();
  api.agent.queryScript = (records) => {
    records.push({ type: "ack", from: "bravo" });
    records.push(new QueryResponse("bravo", new TextEncoder().encode("0.42")));
    records.push(new QueryResponse("charlie", null));
    records.push({ type: "failure", from: "delta", reason: "tired" });
    records.close();
  };
  const path = "/v1/query/load?node=bravo&node=charlie&tag=role=web&ack&relay=2&timeout=3s";
  const response = await api.request("POST", path, { body: "now" });
  assertEquals(response.headers.get("content-type"), "application/x-ndjson");
  const lines = (await response.text()).trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines, [
    { Type: "ack", From: "bravo" },
    { Type: "response", From: "bravo", Payload: "MC40Mg==" },
    { Type: "response", From: "charlie", Payload: null },
    { Type: "failure", From: "delta", Reason: "tired" },
    { Type: "done", Acks: 1, Responses: 2, Dropped: 0 },
  ]);
  const [[, name, payload, options]] = api.agent.calls;
  assertEquals([name, text(payload)], ["load", "now"]);
  assertEquals(options, {
    nodes: ["bravo", "charlie"],
    tags: { role: "web" },
    requestAck: true,
    failures: true,
    relayFactor: 2,
    timeoutMs: 3_000,
  });
});

Deno.test("a client that goes ends its query", async () => {
  using api = new HttpFixture();
  api.agent.queryScript = (records) => void records.push({ type: "ack", from: "bravo" });
  const response = await api.request("POST", "/v1/query/load");
  assertEquals(api.agent.openQueries.size, 1);
  await response.body?.cancel();
  assertEquals(api.agent.openQueries.size, 0);
});

Deno.test("queries that cannot be asked are refused", async () => {
  using api = new HttpFixture();
  assertEquals(await problem(api.request("POST", "/v1/query/_serf_conflict")), [
    400,
    "Queries cannot contain the '_serf_' prefix",
  ]);
  assertEquals(await problem(api.request("POST", "/v1/query/load?relay=256")), [
    400,
    "Cannot use parameter relay: got 256, expected 0 to 255",
  ]);
});

Deno.test("keys are listed and changed, always with the token", async () => {
  using api = new HttpFixture();
  const result = {
    nodes: 2,
    responses: 2,
    failures: 0,
    messages: new Map<string, string>(),
    keys: new Map([["a2V5", 2]]),
    primaryKeys: new Map<string, number>(),
  };
  api.agent.keyResult = result;
  const json = { NumNodes: 2, NumResp: 2, NumErr: 0, Keys: { a2V5: 2 }, Messages: {} };
  assertEquals((await problem(api.anonymous("GET", "/v1/keys")))[0], 401);
  assertEquals(await api.json("GET", "/v1/keys"), json);
  for (const method of ["POST", "PUT", "DELETE"]) {
    assertEquals(await api.json(method, "/v1/keys", '{"Key":"a2V5"}'), json);
  }
  assertEquals(api.agent.calls, [
    ["list-keys", ""],
    ["install-key", "a2V5"],
    ["use-key", "a2V5"],
    ["remove-key", "a2V5"],
  ]);
  assertEquals(await problem(api.request("PUT", "/v1/keys", { body: "{}" })), [
    400,
    "Cannot use body: expected a Key",
  ]);
  const messages = new Map([["bravo", "no such key"]]);
  const error = "1/2 nodes reported failure";
  api.agent.keyResult = new KeyError({ ...result, failures: 1, messages, error });
  const failed = await api.request("PUT", "/v1/keys", { body: '{"Key":"a2V5"}' });
  const { detail, Messages, NumErr } = await failed.json();
  assertEquals([failed.status, detail, NumErr, Messages], [502, error, 1, {
    bravo: "no such key",
  }]);
});

Deno.test("the agent ends after a leave, but not a second time", async () => {
  using api = new HttpFixture();
  await api.json("PUT", "/v1/agent/leave");
  assertEquals(api.agent.calls, [["leave"], ["shutdown"]]);
  api.agent.leaving = () => Promise.reject(new TimeoutError("timed out"));
  assertEquals(await problem(api.request("PUT", "/v1/agent/leave")), [504, "timed out"]);
  assertEquals(api.agent.calls.slice(2), [["leave"], ["shutdown"]]);
  api.agent.leaving = () => Promise.reject(new ClosedError("leave already in progress"));
  assertEquals(await problem(api.request("PUT", "/v1/agent/leave")), [
    503,
    "leave already in progress",
  ]);
  assertEquals(api.agent.calls.slice(4), [["leave"]]);
});

Deno.test("mistakes are told as problems", async () => {
  using api = new HttpFixture();
  const told = (method: string, path: string, body?: BodyInit) =>
    problem(api.request(method, path, { body }));
  assertEquals(await told("GET", "/v2"), [404, "There is no /v2"]);
  assertEquals(await told("GET", "/v1/agent/leave"), [
    405,
    "/v1/agent/leave has no method GET, only PUT",
  ]);
  assertEquals(await told("GET", "/v1/agent/members?color=red"), [
    400,
    "Cannot use parameter color: expected one of name, status, tag, index, wait",
  ]);
  assertEquals(await told("GET", "/v1/agent/members?name=a&name=b"), [
    400,
    'Cannot use parameter name: got "a,b", expected one value',
  ]);
  const wrongFilter = await told("POST", "/v1/query/load?tag=role=(");
  assertEquals(wrongFilter[0], 400);
  assertMatch(wrongFilter[1], /^Cannot send query: the filter for the tag "role" must be .*"\("/);
  assertEquals(await told("GET", "/v1/agent/members?tag=role"), [
    400,
    'Cannot use tag: got "role", expected NAME=EXPRESSION',
  ]);
  assertEquals((await told("GET", "/v1/agent/members?name=("))[0], 400);
  assertEquals(await told("GET", "/v1/agent/members?index=-1"), [
    400,
    'Cannot use parameter index: got "-1", expected a whole number',
  ]);
  assertEquals(await told("GET", "/v1/agent/members?wait=soon"), [
    400,
    'Cannot use parameter wait: got "soon", expected a duration such as 30s ' +
    '(time: invalid duration "soon")',
  ]);
  assertEquals(await told("PUT", "/v1/agent/force-leave/a?prune=maybe"), [
    400,
    'Cannot use parameter prune: got "maybe", expected true or false',
  ]);
  for (const body of ["", "[1]", '{"a":1}', "null"]) {
    assertEquals((await told("PUT", "/v1/agent/tags", body))[0], 400, body);
  }
  assertEquals((await told("PUT", "/v1/event/fire/a", "x".repeat(600)))[0], 400);
  assertEquals(await told("PUT", "/v1/event/fire/a", "x".repeat(65_537)), [
    413,
    "The body has more than 65536 bytes",
  ]);
  const [status, detail] = await told("PUT", "/v1/agent/join/10.0.0.1:7999");
  assertEquals(status, 502);
  assertMatch(detail, /^1 error occurred:\n\t\* failed to join 127/);
  assertEquals(api.log.filter((line) => !line.startsWith("DEBUG ")), []);
  api.log.length = 0;
  api.agent.forceLeaving = () => Promise.reject(new Error("out of order"));
  assertEquals(await told("PUT", "/v1/agent/force-leave/a"), [500, "out of order"]);
  assertEquals(api.log, ["ERR agent.http: out of order"]);
});

Deno.test("an agent that is to join others is ready when it knows one", async () => {
  using own = new HttpFixture();
  assertEquals(await own.json("GET", "/healthz"), { Status: "ok" });
  assertEquals(await own.json("GET", "/readyz"), { Status: "ready" });
  using joining = new HttpFixture({ wantsToJoin: true });
  const early = await joining.anonymous("GET", "/readyz");
  assertEquals([early.status, await early.json()], [503, { Status: "not joined" }]);
  joining.agent.list = [member("alpha"), member("bravo")];
  assertEquals(await joining.json("GET", "/readyz"), { Status: "ready" });
  joining.agent.list = [member("alpha", { status: "leaving" }), member("bravo")];
  const late = await joining.anonymous("GET", "/readyz");
  assertEquals([late.status, await late.json()], [503, { Status: "leaving" }]);
});

Deno.test("a blocking read waits until something has changed", async () => {
  using api = new HttpFixture();
  const read = async (query: string) => {
    const response = await api.request("GET", `/v1/agent/members${query}`);
    const list = await response.json();
    return { index: Number(response.headers.get("x-serf-index")), count: list.length };
  };
  const first = await read("");
  // At once: the index is not the present one.
  assertEquals(await read(`?index=${first.index - 1}`), first);
  assertEquals(await read(`?index=${first.index}&wait=1ms`), first);
  const reading = read(`?index=${first.index}&wait=1m`);
  api.agent.list = [member("alpha"), member("bravo")];
  const second = await reading;
  assertEquals(second.count, 2);
  assertGreater(second.index, first.index);
});

Deno.test("a blocking read of events waits for a user event", async () => {
  using api = new HttpFixture();
  const first = await api.request("GET", "/v1/event/list");
  assertEquals(await first.json(), []);
  const index = first.headers.get("x-serf-index");
  const reading = api.json("GET", `/v1/event/list?name=deploy&index=${index}`);
  api.agent.emit({ type: "member-join", members: [member("bravo")] });
  await api.json("PUT", "/v1/event/fire/deploy", "v2");
  const [{ ID, ...event }] = await reading as [Record<string, unknown>];
  assert(String(ID).endsWith("-2"));
  assertEquals(event, { Name: "deploy", Payload: "djI=", LTime: 1, Coalesce: false });
  assertEquals(await api.json("GET", "/v1/event/list?name=other"), []);
});

Deno.test("a client that goes ends its wait", async () => {
  using api = new HttpFixture();
  const { headers } = await api.request("GET", "/healthz");
  assertEquals(headers.get("x-serf-index"), null);
  const response = await api.request("GET", "/v1/agent/members");
  await response.body?.cancel();
  const index = response.headers.get("x-serf-index");
  const gone = new AbortController();
  const reading = api.request("GET", `/v1/agent/members?index=${index}`, { signal: gone.signal });
  gone.abort();
  await (await reading).body?.cancel();
});
