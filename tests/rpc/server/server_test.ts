import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { UserEvent } from "../../../lib/api/event.ts";
import { ClosedError, RpcError, TimeoutError } from "../../../lib/base/errors.ts";
import { decodeResponseHeader } from "../../../lib/rpc/protocol.ts";
import type { Connection } from "../../../lib/rpc/connection.ts";
import { MessageReader } from "../../../lib/rpc/message_reader.ts";
import type { AcceptedClient } from "../../../lib/rpc/server/listener/client_listener.ts";
import { openListener } from "../../../lib/rpc/server/listener/open_listener.ts";
import { until } from "../../support/until.ts";
import { member } from "../client/fake_agent.ts";
import { request, Serving } from "../serve.ts";

const text = new TextEncoder();
const accepted = "[INFO] agent.ipc: Accepted client: 127.0.0.1:PORT";

/** The errors of all answers in some bytes, for answers without bodies. */
async function errors(bytes: Uint8Array): Promise<string[]> {
  const chunks = [bytes];
  const source = {
    read(buffer: Uint8Array) {
      const chunk = chunks.shift();
      if (chunk === undefined) return Promise.resolve(null);
      buffer.set(chunk);
      return Promise.resolve(chunk.length);
    },
  };
  const reader = new MessageReader(source, { maxBytes: 1_000_000 });
  const found: string[] = [];
  for (let value; (value = await reader.read()) !== null;) {
    found.push(decodeResponseHeader(value).error);
  }
  return found;
}

Deno.test("a client that connects and disconnects is logged in one line", async () => {
  await using serving = new Serving();
  (await serving.connectRaw())[Symbol.dispose]();
  (await serving.connectRaw({ handshake: false }))[Symbol.dispose]();
  await until(() => serving.logged.length === 2);
  assertEquals(serving.logged, [accepted, accepted]);
  assertEquals(serving.agent.counters.get("agent.ipc.accept"), 2);
  assertEquals(serving.agent.counters.get("agent.ipc.command"), 1);
});

Deno.test("a client that connects while the server closes is closed, too", async () => {
  const accepting = Promise.withResolvers<AcceptedClient>();
  const listener = { address: "here", accept: () => accepting.promise, close: () => {} };
  const { server, logged } = new Serving(undefined, { listener });
  const closed = server.close();
  let isOpen = true;
  const connection: Connection = {
    read: () => Promise.resolve(null),
    write: (bytes) => Promise.resolve(bytes.length),
    close: () => void (isOpen = false),
  };
  accepting.resolve({ connection, address: "there" });
  await closed;
  assertEquals([isOpen, server.clients, logged], [false, 0, []]);
});

const senseless: readonly {
  what: string;
  bytes: Uint8Array;
  handshake?: boolean;
  answered?: string[];
  logged: string;
}[] = [
  {
    what: "plain HTTP",
    handshake: false,
    bytes: text.encode("GET / HTTP/1.1\r\n\r\n"),
    logged:
      "failed to decode request header: cannot decode MessagePack: expected a map, got format byte 0x47",
  },
  {
    what: "a command before the handshake",
    handshake: false,
    bytes: request(1, "members", null),
    answered: ["Handshake required"],
    logged: "Failed to evaluate request: Handshake required",
  },
  {
    what: "an unknown command",
    bytes: Uint8Array.fromHex("82a7436f6d6d616e64a5626f677573a353657107"),
    answered: ["Unsupported command"],
    logged: "Failed to evaluate request: command 'bogus' not recognized",
  },
  {
    what: "a malformed expression",
    bytes: request(2, "members-filtered", { Tags: new Map(), Status: "", Name: "[" }),
    logged:
      "Failed to evaluate request: Failed to compile regex: error parsing regexp: missing closing ]: `[$`",
  },
  {
    what: "too long an expression",
    bytes: request(2, "members-filtered", {
      Tags: new Map([["role", "a".repeat(40_000)]]),
      Status: "",
      Name: "a".repeat(40_000),
    }),
    logged: "Failed to evaluate request: Failed to compile regex: got 80000 characters",
  },
  {
    what: "an expression that expands too far",
    bytes: request(2, "members-filtered", {
      Tags: new Map(),
      Status: "",
      Name: `(?:${".*".repeat(440)}){1000}`,
    }),
    logged: "Failed to evaluate request: Failed to compile regex: it would take too long",
  },
  {
    what: "a number for a name",
    bytes: Uint8Array.fromHex("82a7436f6d6d616e64a56576656e74a353657102" + "81a44e616d6505"),
    logged:
      "Failed to evaluate request: decode failed: cannot decode MessagePack: expected text, got format byte 0x05",
  },
  {
    what: "a header that claims 4 GiB of text",
    bytes: Uint8Array.fromHex("81a7436f6d6d616e64dbffffffff"),
    logged: "failed to decode request header: value of more than 16777216 bytes",
  },
  {
    what: "a body that claims 4 billion entries",
    bytes: Uint8Array.fromHex("82a7436f6d6d616e64a56576656e74a353657102" + "dfffffffff"),
    logged: "Failed to evaluate request: decode failed: value of more than 16777216 bytes",
  },
  {
    what: "a byte that means nothing",
    bytes: Uint8Array.fromHex("c1"),
    logged:
      "failed to decode request header: cannot decode MessagePack: got the unused format byte 0xc1",
  },
];

for (const { what, bytes, handshake, answered = [], logged } of senseless) {
  Deno.test(`${what} ends the connection with a line in the log`, async () => {
    await using serving = new Serving();
    using client = await serving.connectRaw({ handshake });
    await client.send(bytes);
    assertEquals(await errors(await client.readToEnd()), answered);
    assertEquals(serving.logged, [accepted, `[ERR] agent.ipc: ${logged}`]);
  });
}

Deno.test("requests that arrive together with a senseless one are answered before the connection ends", async () => {
  await using serving = new Serving();
  using client = await serving.connectRaw();
  const event = request(1, "event", { Name: "x", Payload: null, Coalesce: false });
  await client.send(Uint8Array.of(...event, ...event, 0xc1));
  assertEquals(await errors(await client.readToEnd()), ["", ""]);
});

for (
  const [what, bytes, line] of [
    ["header", "82a7436f6d", "failed to decode request header: unexpected EOF"],
    [
      "body",
      "82a7436f6d6d616e64a56576656e74a35365710281a4",
      "Failed to evaluate request: decode failed: unexpected EOF",
    ],
  ]
) {
  Deno.test(`a client that goes away inside a ${what} is mentioned in the log`, async () => {
    await using serving = new Serving();
    const client = await serving.connectRaw();
    await client.send(Uint8Array.fromHex(bytes));
    client[Symbol.dispose]();
    await until(() => serving.logged.length > 1);
    assertEquals(serving.logged[1], `[ERR] agent.ipc: ${line}`);
  });
}

Deno.test("without the token every command is refused once, and later commands are understood", async () => {
  await using serving = new Serving("s3cret");
  using client = await serving.connectRaw();
  const event = { Name: "x", Payload: null, Coalesce: false };
  const refused = "82a54572726f72b741757468656e7469636174696f6e207265717569726564a3536571";
  await client.send(request(1, "event", event));
  await client.send(request(2, "members", null));
  await client.send(request(3, "auth", { AuthKey: "wrong" }));
  await client.send(request(4, "auth", { AuthKey: "s3cret" }));
  await client.send(request(5, "event", event));
  const expected = `${refused}01${refused}02` +
    "82a54572726f72bc496e76616c69642061757468656e7469636174696f6e20746f6b656ea353657103" +
    "82a54572726f72a0a353657104" + "82a54572726f72a0a353657105";
  assertEquals((await client.read(expected.length / 2)).toHex(), expected);
  assertEquals(serving.agent.calls, [["event", "x", null, false]]);
  const warning = "[WARN] agent.ipc: Client sending commands before auth";
  const failed = "[WARN] agent.ipc: Failed authentication from client: 127.0.0.1:PORT";
  assertEquals(serving.logged, [accepted, warning, warning, failed]);
});

Deno.test("a slow command delays the next one of its connection, and nobody else's", async () => {
  await using serving = new Serving();
  const { promise, resolve } = Promise.withResolvers<void>();
  serving.agent.forceLeaving = () => promise;
  await using slow = await serving.connect();
  await using other = await serving.connect();
  const order: string[] = [];
  const first = slow.forceLeave("x").then(() => order.push("force-leave"));
  const second = slow.userEvent("after").then(() => order.push("event"));
  await other.userEvent("meanwhile");
  assertEquals(serving.agent.calls.map(([name, what]) => [name, what]), [
    ["force-leave", "x"],
    ["event", "meanwhile"],
  ]);
  resolve();
  await Promise.all([first, second]);
  assertEquals(order, ["force-leave", "event"]);
});

Deno.test("answers to requests that arrive together do not wait for a slow one among them", async () => {
  await using serving = new Serving();
  const { promise, resolve } = Promise.withResolvers<void>();
  serving.agent.forceLeaving = () => promise;
  using client = await serving.connectRaw();
  const event = { Name: "deploy", Payload: null, Coalesce: false };
  const requests = [
    request(1, "event", event),
    request(2, "event", event),
    request(3, "force-leave", { Node: "x", Prune: false }),
    request(4, "event", event),
  ];
  await client.send(Uint8Array.from(requests.flatMap((bytes) => [...bytes])));
  assertEquals(await errors(await client.read(2 * 13)), ["", ""]);
  resolve();
  assertEquals(await errors(await client.read(2 * 13)), ["", ""]);
});

Deno.test("records are sent between whole responses", async () => {
  await using serving = new Serving();
  await using client = await serving.connect();
  const streams = await Promise.all(
    Array.from({ length: 5 }, () => client.events({ types: ["user:tick"] })),
  );
  const sent = Array.from({ length: 100 }, (_, i) => client.userEvent("tick", `${i}`));
  const listed = Array.from({ length: 100 }, () => client.members());
  await Promise.all(sent);
  for (const members of await Promise.all(listed)) assertEquals(members[0].name, "alpha");
  for (const stream of streams) {
    for (let i = 0; i < 100; i++) {
      const { value } = await stream.next();
      assert(value?.type === "user");
      assertEquals(value.lTime, 1 + i);
    }
  }
});

Deno.test("a client that does not read is warned of once, and does not delay others", async () => {
  await using serving = new Serving();
  using stuck = await serving.connectRaw();
  await stuck.send(request(1, "stream", { Type: "*" }));
  await until(() => serving.agent.listeners.size === 1);
  await using healthy = await serving.connect();
  const events = await healthy.events({ capacity: 100_000 });
  const payload = new Uint8Array(400);
  const count = 30_000;
  for (let i = 1; i <= count; i++) {
    serving.agent.emit(new UserEvent({ lTime: i, name: "flood", payload, coalesce: false }));
    if (i % 100 === 0) await healthy.userEvent("beat"); // lets the healthy one keep up
  }
  await until(() => events.size === count + count / 100);
  const warning = "[WARN] agent.ipc: Dropping event to ipc.client: 127.0.0.1:PORT";
  assertEquals(serving.logged, [accepted, accepted, warning]);
  assertEquals(events.dropped, 0);
});

Deno.test("a monitor that does not read causes one warning, not a flood of them", async () => {
  await using serving = new Serving();
  using stuck = await serving.connectRaw();
  await stuck.send(request(1, "monitor", { LogLevel: "trace" }));
  let lines = 0;
  using _count = serving.log.subscribe(() => lines++);
  for (let i = 0; i < 20_000; i++) {
    serving.log.write("INFO", `agent: ${"x".repeat(500)}`);
    if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assertEquals(lines, 20_001);
});

Deno.test("a monitor gets the kept lines of its level, then the new ones", async () => {
  await using serving = new Serving();
  for (let i = 0; i < 600; i++) serving.log.write("DEBUG", `agent: old ${i}`);
  await using client = await serving.connect();
  const log = await client.monitor("debug");
  serving.log.write("WARN", "agent: new");
  for (let i = 89; i < 600; i++) {
    assertEquals((await log.next()).value?.slice(20), `[DEBUG] agent: old ${i}`);
  }
  assertEquals((await log.next()).value?.slice(20, 53), "[INFO] agent.ipc: Accepted client");
  assertEquals((await log.next()).value?.slice(20), "[WARN] agent: new");
});

Deno.test("a hundred clients are served at once, and forgotten when they disconnect", async () => {
  await using serving = new Serving();
  const clients = await Promise.all(Array.from({ length: 100 }, () => serving.connect()));
  const streams = await Promise.all(clients.map((client) => client.events({ types: ["user"] })));
  await Promise.all(clients.map((client, i) => client.userEvent(`event ${i}`)));
  for (const stream of streams) {
    const names = new Set<string>();
    while (names.size < 100) {
      const { value } = await stream.next();
      assert(value?.type === "user");
      names.add(value.name);
    }
  }
  assertEquals(serving.agent.listeners.size, 100);
  await Promise.all(clients.map((client) => client.close()));
  await until(() => serving.agent.listeners.size === 0);
});

Deno.test("a thousand clients that come at once all get their answer", async () => {
  await using serving = new Serving();
  const clients = await Promise.all(Array.from({ length: 1_000 }, () => serving.connect()));
  const lists = await Promise.all(clients.map((client) => client.members()));
  assertEquals(lists.filter((members) => members[0].name === "alpha").length, 1_000);
  assertEquals(serving.agent.counters.get("agent.ipc.accept"), 1_000);
  await Promise.all(clients.map((client) => client.close()));
});

Deno.test("the streams and queries of a client end with its connection", async () => {
  await using serving = new Serving();
  serving.agent.queryScript = () => {};
  const client = await serving.connect();
  await client.events({ types: ["user"] });
  await client.monitor("info");
  await client.query("endless");
  assertEquals([serving.agent.listeners.size, serving.agent.openQueries.size], [1, 1]);
  await client.close();
  await until(() => serving.agent.listeners.size + serving.agent.openQueries.size === 0);
});

Deno.test("closing the server ends every connection, and may be done twice", async () => {
  const serving = new Serving();
  using idle = await serving.connectRaw();
  using streaming = await serving.connectRaw();
  await streaming.send(request(1, "stream", { Type: "" }));
  await until(() => serving.agent.listeners.size === 1);
  const closing = serving.server.close();
  await serving.server.close();
  await closing;
  assertEquals((await idle.readToEnd()).length, 0);
  assertEquals((await streaming.readToEnd()).toHex(), "82a54572726f72a0a353657101");
  assertEquals(serving.agent.listeners.size, 0);
  assertEquals(serving.logged, [accepted, accepted]);
});

Deno.test("a leave is answered before the agent shuts down", async () => {
  await using serving = new Serving();
  serving.agent.onShutdown = () => void serving.server.close();
  using client = await serving.connectRaw();
  await client.send(request(1, "leave", null));
  assertEquals(await errors(await client.readToEnd()), [""]);
  assertEquals(serving.agent.calls, [["leave"], ["shutdown"]]);
  assertEquals(serving.logged, [accepted, "[INFO] agent.ipc: Graceful leave triggered"]);
});

for (
  const [failure, calls] of [
    [new ClosedError("Leave already in progress"), [["leave"]]],
    [new ClosedError("Leave called after Shutdown"), [["leave"]]],
    [new TimeoutError("timeout while waiting for graceful leave"), [["leave"], ["shutdown"]]],
  ] as const
) {
  Deno.test(`a leave that fails with "${failure.message}" says so`, async () => {
    await using serving = new Serving();
    serving.agent.leaving = () => Promise.reject(failure);
    await using client = await serving.connect();
    const error = await assertRejects(() => client.leave(), RpcError);
    assertEquals(error.message, failure.message);
    assertEquals<unknown>(serving.agent.calls, calls);
    assertEquals(serving.logged.at(-1), `[ERR] agent.ipc: leave failed: ${failure.message}`);
  });
}

Deno.test("tags that members share are encoded once", async () => {
  await using serving = new Serving();
  let reads = 0;
  const counting = () => ({
    get role() {
      reads++;
      return "web";
    },
  });
  const tags = counting();
  await using client = await serving.connect();
  for (let i = 0; i < 10; i++) {
    serving.agent.list = ["alpha", "bravo"].map((name) => ({ ...member(name), tags }));
    const members = await client.members();
    assertEquals(members.map((each) => each.tags), [{ role: "web" }, { role: "web" }]);
  }
  assertEquals(reads, 1);
  serving.agent.list = [{ ...member("alpha"), tags: counting() }, ...serving.agent.list];
  assertEquals((await client.members()).length, 3);
  assertEquals(reads, 2);
});

Deno.test("a list that has not changed is encoded once for all clients and commands", async () => {
  await using serving = new Serving();
  let walks = 0;
  const list = [member("alpha"), member("bravo")];
  Object.defineProperty(list, Symbol.iterator, {
    value: function* () {
      walks++;
      for (let i = 0; i < list.length; i++) yield list[i];
    },
  });
  serving.agent.list = list;
  for (let i = 0; i < 3; i++) {
    await using client = await serving.connect();
    const names = (await client.members()).map(({ name }) => name);
    assertEquals(names, ["alpha", "bravo"]);
    assertEquals((await client.members({ name: "alpha" })).length, 1);
  }
  assertEquals(walks, 1);
  serving.agent.list = [member("charlie")];
  await using client = await serving.connect();
  assertEquals((await client.members()).map(({ name }) => name), ["charlie"]);
});

Deno.test("an address that cannot be listened on is refused in Go's words", async () => {
  await using serving = new Serving();
  const taken = serving.server.address;
  const cases = [
    [taken, `listen tcp ${taken}: bind: address already in use`],
    ["127.0.0.1", "listen tcp: address 127.0.0.1: missing port in address"],
    ["127.0.0.1:99999", "listen tcp: address 99999: invalid port"],
    ["", "listen tcp: missing address"],
    ["::1", "listen tcp: address ::1: too many colons in address"],
    ["203.0.113.1:0", "listen tcp 203.0.113.1:0: bind: cannot assign requested address"],
  ];
  for (const [address, message] of cases) {
    const error = await assertRejects(() => openListener(address), Error);
    assertEquals(error.message, message);
  }
});

Deno.test("a flood of small requests is answered in order and without growing", async () => {
  await using serving = new Serving();
  using client = await serving.connectRaw();
  const batch = request(1, "event", { Name: "x", Payload: null, Coalesce: false });
  const many = new Uint8Array(batch.length * 5_000);
  for (let i = 0; i < 5_000; i++) many.set(batch, i * batch.length);
  const [answers] = await Promise.all([client.read(13 * 5_000), client.send(many)]);
  assertEquals(answers.length, 13 * 5_000);
  assertEquals(serving.agent.calls.length, 5_000);
  assertGreater(serving.agent.lTime, 5_000);
  assertLess(serving.log.lines.length, 3);
});
