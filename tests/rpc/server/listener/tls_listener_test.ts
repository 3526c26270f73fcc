/** RPC over TLS: who is served, who is not, and what that may cost. */

import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { UserEvent } from "../../../../lib/api/event.ts";
import { RpcError } from "../../../../lib/base/errors.ts";
import { writeAll } from "../../../../lib/base/write_all.ts";
import type { RpcTlsOptions } from "../../../../lib/rpc/client/client.ts";
import { dial } from "../../../../lib/rpc/client/dial.ts";
import type { Connection } from "../../../../lib/rpc/connection.ts";
import { encodeResponseHeader } from "../../../../lib/rpc/protocol.ts";
import { openListener } from "../../../../lib/rpc/server/listener/open_listener.ts";
import type { RpcServerOptions } from "../../../../lib/rpc/server/server.ts";
import type { ServerTlsOptions } from "../../../../lib/rpc/tls_options.ts";
import {
  authority,
  certificatePath,
  identity,
  otherAuthority,
} from "../../../support/certificates.ts";
import { sleep } from "../../../support/sleep.ts";
import { TemporaryDirectory } from "../../../support/temporary_directory.ts";
import { until } from "../../../support/until.ts";
import { member } from "../../client/fake_agent.ts";
import { request, Serving } from "../../serve.ts";

const agent = identity("agent");
const client = identity("client");
const stranger = identity("stranger");

/** Clients need a certificate of the authority. */
const mutual: ServerTlsOptions = { ...agent, ca: authority };

async function serve(
  tls: ServerTlsOptions,
  { authKey = "", address = "127.0.0.1:0", ...options }:
    & Partial<RpcServerOptions>
    & { address?: string } = {},
): Promise<Serving> {
  return new Serving(authKey, { listener: await openListener(address, { tls }), ...options });
}

async function refusal(serving: Serving, tls: RpcTlsOptions | undefined): Promise<string> {
  return (await assertRejects(() => serving.connect({ tls, timeoutMs: 5_000 }), RpcError)).message;
}

Deno.test("commands, large answers and streams go over TLS", async () => {
  await using serving = await serve(agent);
  serving.agent.list = Array.from({ length: 20_000 }, (_, i) => member(`node-${i}`));
  await using connected = await serving.connect({ tls: { ca: authority } });
  const [members] = await Promise.all([connected.members(), connected.stats()]);
  assertEquals(members.length, 20_000);
  await using events = await connected.events();
  await until(() => serving.agent.listeners.size === 1);
  const payload = new Uint8Array(300_000).fill(7);
  for (let lTime = 1; lTime <= 5; lTime++) {
    serving.agent.emit(new UserEvent({ lTime, name: "e", payload, coalesce: false }));
  }
  for (let lTime = 1; lTime <= 5; lTime++) {
    const { value } = await events.next();
    assert(value?.type === "user");
    assertEquals([value.lTime, value.payload?.length], [lTime, payload.length]);
  }
});

Deno.test("the agent's certificate must be for its name, and signed by whom the client trusts", async () => {
  await using serving = await serve(agent);
  for (const serverName of [undefined, "127.0.0.1", "agent.example"]) {
    await using connected = await serving.connect({ tls: { ca: authority, serverName } });
    assertEquals((await connected.members()).length, 1);
  }
  for (const serverName of ["other.example", "127.0.0.2"]) {
    assertStringIncludes(
      await refusal(serving, { ca: authority, serverName }),
      "tls: Hostname/IP does not match certificate's altnames",
    );
  }
  const untrusted = "tls: unable to get local issuer certificate";
  for (const ca of [otherAuthority, undefined]) {
    assertEquals(await refusal(serving, { ca }), untrusted);
  }
});

Deno.test("where certificates are needed, only clients that have one of the authority are served", async () => {
  await using serving = await serve(mutual);
  await using connected = await serving.connect({ tls: { ca: authority, ...client } });
  assertEquals((await connected.members()).length, 1);
  const refused =
    "tls: the agent has ended the connection: it may not accept this client's certificate";
  assertEquals(await refusal(serving, { ca: authority, ...stranger }), refused);
  // The reason does not arrive if the end of the connection overtakes it.
  assertMatch(
    await refusal(serving, { ca: authority }),
    /^tls: (received fatal alert: CertificateRequired|the agent has ended the connection)/,
  );
  // Known, but only to show that it is an agent.
  assertEquals(await refusal(serving, { ca: authority, ...identity("agent") }), refused);
  assertEquals(serving.agent.calls, []);
  await until(() => serving.logged.length === 7);
  const failures = serving.logged.filter((line) => line.includes("[ERR]"));
  assertEquals(failures.map((line) => line.replace(/^.*tls: /, "")), [
    "certificate refused: UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "peer sent no certificates",
    "certificate refused: UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  ]);
});

Deno.test("a token is needed over TLS too", async () => {
  await using serving = await serve(mutual, { authKey: "s3cret" });
  const tls = { ca: authority, ...client };
  await using right = await serving.connect({ tls, authKey: "s3cret" });
  assertEquals((await right.members()).length, 1);
  const error = await assertRejects(() => serving.connect({ tls, authKey: "nope" }), RpcError);
  assertEquals(error.message, "Invalid authentication token");
});

Deno.test("TLS goes over a unix socket", { ignore: Deno.build.os === "windows" }, async () => {
  using directory = new TemporaryDirectory();
  const address = `unix:${directory.file("serf.sock")}`;
  await using serving = await serve(mutual, { address });
  const tls = { ca: authority, ...client, serverName: "agent.example" };
  await using connected = await serving.connect({ tls });
  assertEquals((await connected.members()).length, 1);
});

Deno.test("clients that do not speak TLS are refused, and tell so", async () => {
  await using serving = await serve(agent);
  const error = await assertRejects(() => serving.connect(), RpcError);
  assertEquals(error.message, "client closed");
  await until(() => serving.logged.length === 2);
  assertStringIncludes(serving.logged[1], "failed to decode request header: tls: ");
  await using plain = new Serving();
  assertStringIncludes(await refusal(plain, { ca: authority }), "tls: ");
});

Deno.test("a handshake that is not finished ends at the deadline, and its place is free", async () => {
  await using serving = await serve(mutual, {
    deadlines: { handshakeMs: 200, writeMs: 10_000 },
    maxClients: 1,
  });
  using silent = await serving.connectRaw({ handshake: false });
  assertEquals(await silent.readToEnd(), new Uint8Array());
  assertStringIncludes(serving.logged[1], "not authenticated after 200ms");
  using half = await serving.connectRaw({ handshake: false });
  // The first bytes of a ClientHello.
  await half.send(Uint8Array.fromHex("1603010200010001fc0303"));
  await using connected = await serving.connect({ tls: { ca: authority, ...client } });
  assertEquals((await connected.members()).length, 1);
  assertEquals(await half.readToEnd(), new Uint8Array());
  assertStringIncludes(serving.logged.join("\n"), "another client needs the place");
});

Deno.test("strangers who connect all the time leave the event loop to others", async () => {
  await using serving = await serve(mutual);
  const start = performance.now();
  const raw = await Promise.all(
    Array.from({ length: 100 }, () => serving.connectRaw({ handshake: false })),
  );
  await until(() => serving.logged.length >= 100);
  assertGreater(performance.now() - start, 950);
  for (const client of raw) client[Symbol.dispose]();
});

Deno.test("an agent that does not answer a handshake is given up", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = listener.accept();
  await using serving = new Serving();
  const address = `127.0.0.1:${listener.addr.port}`;
  const connecting = () => serving.connect({ address, tls: {}, timeoutMs: 100 });
  assertEquals((await assertRejects(connecting, RpcError)).message, "tls: i/o timeout");
  (await accepting).close();
});

/** A connection whose bytes are sent and read by the test alone, with the handshake of RPC behind it. */
async function connectRaw(serving: Serving): Promise<Connection> {
  const tls = { ca: authority, ...client };
  const connection = await dial(serving.server.address, { tls, timeoutMs: 10_000 });
  await writeAll(connection, request(0, "handshake", { Version: 1 }));
  await connection.read(new Uint8Array(13));
  return connection;
}

Deno.test("what a client sends while its command is carried out waits in the network, not in memory", async () => {
  await using serving = await serve(mutual);
  const { promise: never, resolve } = Promise.withResolvers<void>();
  serving.agent.forceLeaving = () => never;
  const connection = await connectRaw(serving);
  await writeAll(connection, request(1, "force-leave", { Node: "x", Prune: false }));
  await until(() => serving.agent.calls.length === 1);
  const mebibyte = new Uint8Array(1024 * 1024);
  let sent = 0;
  const sending = (async () => {
    for (; sent < 100; sent++) await writeAll(connection, mebibyte);
  })().catch(() => {});
  let before = -1;
  await until(async () => {
    before = sent;
    await sleep(500);
    return sent === before || sent === 100;
  });
  assertLess(sent, 50);
  connection.close();
  await sending;
  resolve();
});

Deno.test("a client that never reads is closed at the deadline, over TLS too", async () => {
  await using serving = await serve(mutual, { deadlines: { handshakeMs: 10_000, writeMs: 300 } });
  const connection = await connectRaw(serving);
  await writeAll(connection, request(1, "stream", { Type: "*" }));
  await until(() => serving.agent.listeners.size === 1);
  const payload = new Uint8Array(100_000);
  const event = new UserEvent({ lTime: 1, name: "flood", payload, coalesce: false });
  for (let i = 0; i < 200; i++) serving.agent.emit(event);
  await until(() => serving.agent.listeners.size === 0);
  assertStringIncludes(serving.logged[1], "has read nothing for 300ms");
  connection.close();
});

Deno.test("OpenSSL agrees with us on TLS 1.2 and 1.3", { ignore: !hasOpenSsl() }, async () => {
  await using serving = await serve(mutual);
  for (const version of ["-tls1_2", "-tls1_3"]) {
    await using child = new Deno.Command("openssl", {
      args: [
        ...["s_client", version, "-quiet", "-connect", serving.server.address],
        ...["-CAfile", certificatePath("authority.pem"), "-verify_return_error"],
        ...["-cert", certificatePath("client.pem"), "-key", certificatePath("client.key")],
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(request(7, "handshake", { Version: 1 }));
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    assertEquals(value, encodeResponseHeader({ seq: 7n, error: "" }));
    await writer.close();
    await reader.cancel();
  }
});

function hasOpenSsl(): boolean {
  try {
    return new Deno.Command("openssl", { args: ["version"] }).outputSync().success;
  } catch {
    return false;
  }
}

Deno.test("certificates and keys that cannot be used are refused at the start", async () => {
  const errorOf = async (tls: ServerTlsOptions) =>
    (await assertRejects(() => openListener("127.0.0.1:0", { tls }), Error)).message;
  assertStringIncludes(
    await errorOf({ ...agent, cert: "x" }),
    "tls: cannot read the certificate: ",
  );
  assertStringIncludes(await errorOf({ ...agent, key: "x" }), "tls: cannot read the key: ");
  assertStringIncludes(
    await errorOf({ ...agent, ca: "x" }),
    "tls: cannot read the certificates of the CA: ",
  );
  assertEquals(
    await errorOf({ ...agent, key: client.key }),
    "tls: the key does not belong to the certificate",
  );
});

Deno.test("options of a client's TLS are checked", async () => {
  await using serving = await serve(agent);
  const errorOf = async (tls: unknown) =>
    (await assertRejects(() => serving.connect({ tls: tls as RpcTlsOptions }), TypeError)).message;
  assertEquals(await errorOf("yes"), 'Cannot use tls: got "yes", expected an object');
  assertEquals(await errorOf({ ca: 5 }), "Cannot use tls.ca: got 5, expected text");
  assertEquals(
    await errorOf({ cert: client.cert }),
    "Cannot use tls: expected both cert and key, or neither",
  );
});
