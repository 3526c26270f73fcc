/** What clients that misbehave cost the server, and how it gets rid of them. */

import { assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { UserEvent } from "../../../lib/api/event.ts";
import { RpcError } from "../../../lib/base/errors.ts";
import { until } from "../../support/until.ts";
import type { RawClient } from "../raw_client.ts";
import { request, Serving } from "../serve.ts";

const accepted = "[INFO] agent.ipc: Accepted client: 127.0.0.1:PORT";
const closing = "[WARN] agent.ipc: Closing client: 127.0.0.1:PORT:";

Deno.test("a client without handshake or token is closed at the deadline, and others stay", async () => {
  await using serving = new Serving("s3cret", { deadlines: { handshakeMs: 100, writeMs: 10_000 } });
  await using admitted = await serving.connect({ authKey: "s3cret" });
  using silent = await serving.connectRaw({ handshake: false });
  using shaken = await serving.connectRaw();
  assertEquals(await silent.readToEnd(), new Uint8Array());
  assertEquals(await shaken.readToEnd(), new Uint8Array());
  assertEquals(serving.logged.slice(3), [
    `${closing} not authenticated after 100ms`,
    `${closing} not authenticated after 100ms`,
  ]);
  assertEquals((await admitted.members()).length, 1);
});

Deno.test("a handshake suffices where no token is needed", async () => {
  await using serving = new Serving("", { deadlines: { handshakeMs: 100, writeMs: 10_000 } });
  await using client = await serving.connect();
  await new Promise((resolve) => setTimeout(resolve, 300));
  assertEquals((await client.members()).length, 1);
});

/** The start of a text of `length` bytes. */
function textHead(length: number): Uint8Array {
  const head = new Uint8Array(5);
  head[0] = 0xdb;
  new DataView(head.buffer).setUint32(1, length);
  return head;
}

Deno.test("a client that has not authenticated may send 64 KiB at once, others 16 MiB", async () => {
  await using serving = new Serving("s3cret");
  using stranger = await serving.connectRaw({ handshake: false });
  await stranger.send(textHead(65_536));
  assertEquals(await stranger.readToEnd(), new Uint8Array());
  assertEquals(
    serving.logged.at(-1),
    "[ERR] agent.ipc: failed to decode request header: value of more than 65536 bytes",
  );
  await using admitted = await serving.connect({ authKey: "s3cret" });
  const large = new Uint8Array(1_000_000);
  await assertRejects(() => admitted.userEvent("large", large), RpcError, "exceeds");
});

Deno.test("unfinished requests of strangers take 64 KiB each", async () => {
  await using serving = new Serving();
  const clients: RawClient[] = [];
  const before = Deno.memoryUsage().external;
  for (let i = 0; i < 20; i++) {
    const client = await serving.connectRaw({ handshake: false });
    clients.push(client);
    await client.send(textHead(65_500));
    await client.send(new Uint8Array(65_490));
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  assertLess(Deno.memoryUsage().external - before, 20 * 4 * 65_536);
  for (const client of clients) client[Symbol.dispose]();
});

Deno.test("a client that never reads is closed at the deadline, also after a quiet time", async () => {
  await using serving = new Serving("", { deadlines: { handshakeMs: 10_000, writeMs: 200 } });
  using stuck = await serving.connectRaw();
  await stuck.send(request(1, "stream", { Type: "*" }));
  await until(() => serving.agent.listeners.size === 1);
  // Nothing is checked any more by then.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const payload = new Uint8Array(100_000);
  const event = new UserEvent({ lTime: 1, name: "flood", payload, coalesce: false });
  for (let i = 0; i < 200; i++) serving.agent.emit(event);
  await until(() => serving.agent.listeners.size === 0);
  assertEquals(serving.logged, [accepted, `${closing} has read nothing for 200ms`]);
});

Deno.test("of too many clients, the oldest that has not authenticated goes", async () => {
  await using serving = new Serving("s3cret", { maxClients: 2 });
  await using first = await serving.connect({ authKey: "s3cret" });
  await first.events();
  using stranger = await serving.connectRaw();
  await using second = await serving.connect({ authKey: "s3cret" });
  await stranger.readToEnd();
  assertEquals(
    serving.logged.at(-2),
    `${closing} not authenticated, and another client needs the place`,
  );
  await assertRejects(() => serving.connect({ authKey: "s3cret" }), RpcError);
  assertEquals(
    serving.logged.at(-1),
    "[WARN] agent.ipc: Refused client: 127.0.0.1:PORT: 2 clients are connected",
  );
  await first.close();
  await until(() => serving.agent.listeners.size === 0);
  await using third = await serving.connect({ authKey: "s3cret" });
  assertEquals((await third.members()).length, 1);
  assertEquals((await second.members()).length, 1);
});

Deno.test("a wrong token is answered late, and logged with the client's address", async () => {
  await using serving = new Serving("s3cret");
  const start = performance.now();
  for (const authKey of ["s3cres", "s3cret1"]) {
    const error = await assertRejects(() => serving.connect({ authKey }), RpcError);
    assertEquals(error.message, "Invalid authentication token");
  }
  assertGreater(performance.now() - start, 1_900);
  const failed = "[WARN] agent.ipc: Failed authentication from client: 127.0.0.1:PORT";
  assertEquals(serving.logged, [accepted, failed, accepted, failed]);
});
