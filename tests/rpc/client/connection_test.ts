import { joinBytes } from "../../../lib/base/bytes.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { RpcError } from "../../../lib/base/errors.ts";
import { KeyError, RpcClient } from "../../../lib/rpc/client/client.ts";
import {
  encodeRecord,
  encodeResponseHeader,
  logRecord,
  writeResponse,
} from "../../../lib/rpc/protocol.ts";
import { Writer } from "../../../lib/wire/msgpack/writer.ts";
import { until } from "../../support/until.ts";
import { member } from "./fake_agent.ts";
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

Deno.test("an abort ends the wait for an answer, and later answers still reach their calls", async () => {
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

Deno.test("calls and subscriptions fail when the agent closes the connection", async () => {
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

Deno.test("closing the client makes calls fail and subscriptions end", async () => {
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

Deno.test("a failed connect has Go's message", async () => {
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
    ["unix:x", "dial tcp: address tcp/x: unknown port"],
    ["unix:/no/such.sock", "dial unix /no/such.sock: connect: no such file or directory"],
  ];
  for (const [address, message] of cases) {
    const error = await assertRejects(() => RpcClient.connect({ address }), RpcError);
    assertEquals([error.message, error.command], [message, "connect"]);
  }
});

Deno.test("the authentication token is sent if there is one, and must be right", async () => {
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

Deno.test("a connect rejects when its signal is aborted", async () => {
  await using silent = new ScriptedAgent(["nothing"]);
  const aborter = new AbortController();
  const connecting = RpcClient.connect({ address: silent.address, signal: aborter.signal });
  aborter.abort(new Error("too slow"));
  await assertRejects(() => connecting, Error, "too slow");
});

Deno.test("a connect fails if the agent closes the connection instead of answering", async () => {
  await using closing = new ScriptedAgent(["close"]);
  await assertRejects(
    () => RpcClient.connect({ address: closing.address }),
    RpcError,
    "client closed",
  );
});

Deno.test("a write to an agent that does not read times out", async () => {
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

Deno.test("a request that is refused twice, as by Serf, does not shift the answers to later ones", async () => {
  const refused = encodeResponseHeader({ seq: 2n, error: "Authentication required" });
  const listed = writeResponse(new Writer("bin"), { seq: 3n, error: "" }, "members-filtered", {
    Members: [member("alpha")],
  }).bytes();
  await using agent = new ScriptedAgent([agreed, joinBytes(refused, refused), listed]);
  await using client = await RpcClient.connect({ address: agent.address });
  await assertRejects(() => client.userEvent("x"), RpcError, "Authentication required");
  assertEquals((await client.members())[0].name, "alpha");
});

Deno.test("a response and records that arrive in one piece are told apart", async () => {
  const header = encodeResponseHeader({ seq: 2n, error: "" });
  const line = encodeRecord(2n, logRecord, { Log: "one\ntwo" });
  await using agent = new ScriptedAgent([agreed, joinBytes(header, line, line)]);
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
      joinBytes(
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

Deno.test("Deno.inspect shows where a client is connected", async () => {
  await using serving = new Serving();
  const client = await serving.connect();
  const address = serving.server.address;
  assertEquals(Deno.inspect(client), `RpcClient { address: "${address}", closed: false }`);
  await client.close();
  assertEquals(Deno.inspect(client), `RpcClient { address: "${address}", closed: true }`);
});

Deno.test("a program ends when it has closed its client, and not when an answer would be late", async () => {
  await using serving = new Serving();
  const program = `
    import { RpcClient } from "${import.meta.resolve("../../../lib/rpc/client/client.ts")}";
    const options = { address: "${serving.server.address}", requestTimeoutMs: 3_600_000 };
    await using client = await RpcClient.connect({ ...options, timeoutMs: 3_600_000 });
    console.log((await client.members()).length);
  `;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", program],
    signal: AbortSignal.timeout(60_000),
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "1\n"]);
});
