/** What the library relies on in a platform, in the same words everywhere. */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { equalBytes } from "../../../lib/base/bytes.ts";
import { connect } from "../../../lib/base/connect.ts";
import { errorCode, TimeoutError } from "../../../lib/base/errors.ts";
import { loadPlatform } from "../../../lib/base/platform/load_platform.ts";
import type { StreamConnection, TcpConnection } from "../../../lib/base/platform/platform.ts";
import { decodeText, encodeText } from "../../../lib/base/text.ts";
import { delay } from "../../../lib/base/timer.ts";
import { writeAll } from "../../../lib/base/write_all.ts";
import { osErrorText } from "../../../lib/go/os_error.ts";

const platform = await loadPlatform();
const ANY_PORT = { hostname: "127.0.0.1", port: 0 };

/** Both ends of a connection, which are closed at the end unless the test has done so. */
async function withPair(
  run: (one: TcpConnection, other: TcpConnection, closed: Set<TcpConnection>) => Promise<void>,
): Promise<void> {
  const listener = await platform.listenTcp(ANY_PORT);
  const [one, other] = await Promise.all([
    connect(listener.addr, { timeoutMs: 30_000 }),
    listener.accept(),
  ]);
  listener.close();
  const closed = new Set<TcpConnection>();
  try {
    await run(one, other, closed);
  } finally {
    for (const end of [one, other]) if (!closed.has(end)) end.close();
  }
}

async function readText(connection: StreamConnection): Promise<string> {
  const buffer = new Uint8Array(1_000);
  let text = "";
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) return text;
    text += decodeText(buffer.slice(0, count));
  }
}

/** The system's error that work fails with. */
async function failure(work: Promise<unknown>): Promise<{ code?: string; text: string }> {
  try {
    await work;
  } catch (error) {
    return { code: errorCode(error), text: osErrorText(error) };
  }
  throw new Error("The work has not failed");
}

test("the ends of a connection know each other's addresses", () =>
  withPair((one, other) => {
    one.setNoDelay(true);
    assert.equal(one.localAddr.hostname, "127.0.0.1");
    assert.equal(one.localAddr.port, other.remoteAddr.port);
    assert.equal(one.remoteAddr.port, other.localAddr.port);
    return Promise.resolve();
  }));

test("a writer waits for its reader, and everything arrives in order", () =>
  withPair(async (one, other) => {
    // More than the buffers of the system hold, numbered so that no two pieces are alike.
    const bytes = new Uint8Array(16 * 1024 * 1024);
    const numbers = new Uint32Array(bytes.buffer);
    for (let i = 0; i < numbers.length; i++) numbers[i] = i;
    let written = false;
    const writing = writeAll(one, bytes).then(() => written = true);
    await delay(300);
    assert.equal(written, false);
    const buffer = new Uint8Array(65_536);
    for (let received = 0; received < bytes.length;) {
      const count = await other.read(buffer);
      assert(count !== null && count > 0);
      const sent = bytes.subarray(received, received += count);
      assert(equalBytes(buffer.subarray(0, count), sent), `wrong before byte ${received}`);
    }
    await writing;
  }));

test("one direction can end before the other", () =>
  withPair(async (one, other) => {
    await writeAll(one, encodeText("question"));
    await one.closeWrite();
    assert.equal(await readText(other), "question");
    await writeAll(other, encodeText("answer"));
    await other.closeWrite();
    assert.equal(await readText(one), "answer");
    assert.equal(await one.read(new Uint8Array(1)), null);
  }));

test("closing ends a read that waits, and the peer's too", () =>
  withPair(async (one, other, closed) => {
    const waiting = assert.rejects(one.read(new Uint8Array(1)));
    const peer = other.read(new Uint8Array(1));
    one.close();
    closed.add(one);
    await waiting;
    assert.equal(await peer, null);
    await assert.rejects(one.read(new Uint8Array(1)));
    await assert.rejects(one.write(new Uint8Array(1)));
  }));

test("a connection that was reset says so", async () => {
  const server = createServer((peer) => peer.once("data", () => peer.resetAndDestroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const connection = await connect({ hostname: "127.0.0.1", port }, { timeoutMs: 30_000 });
  try {
    await connection.write(new Uint8Array(1));
    const reset = { code: "ECONNRESET", text: "connection reset by peer" };
    assert.deepEqual(await failure(connection.read(new Uint8Array(1))), reset);
    await assert.rejects(connection.write(new Uint8Array(1)));
  } finally {
    connection.close();
    server.close();
  }
});

test("errors of sockets have a code, and Go's words", async () => {
  const listener = await platform.listenTcp(ANY_PORT);
  assert.deepEqual(await failure(platform.listenTcp(listener.addr)), {
    code: "EADDRINUSE",
    text: "address already in use",
  });
  const accepting = assert.rejects(listener.accept());
  listener.close();
  await accepting;
  const refused = { code: "ECONNREFUSED", text: "connection refused" };
  assert.deepEqual(await failure(connect(listener.addr, { timeoutMs: 30_000 })), refused);
  const missing = { code: "ENOENT", text: "no such file or directory" };
  assert.deepEqual(await failure(platform.connectUnix("/nonexistent/socket")), missing);
});

test("connecting ends with its time, and with its signal", async () => {
  const listener = await platform.listenTcp(ANY_PORT);
  const stop = new AbortController();
  const connecting = connect(listener.addr, { timeoutMs: 30_000, signal: stop.signal });
  stop.abort(new Error("not wanted any more"));
  await assert.rejects(connecting, /not wanted any more/);
  // Loopback addresses answer at once: the time must be over before.
  const late = connect(listener.addr, { timeoutMs: 0 });
  const end = performance.now() + 20;
  while (performance.now() < end);
  const [outcome] = await Promise.allSettled([late]);
  if (outcome.status === "fulfilled") outcome.value.close();
  else assert(outcome.reason instanceof TimeoutError, String(outcome.reason));
  listener.close();
});

test("files are appended to, cut, and replaced", async () => {
  const folder = await mkdtemp(`${tmpdir()}/serf-`);
  try {
    const path = `${folder}/snapshot`;
    for (const line of ["one\n", "two\n", "three\n"]) {
      const file = await platform.openFile(path, { append: true, mode: 0o600 });
      await writeAll(file, encodeText(line));
      if (line === "two\n") {
        await file.truncate(4);
        await writeAll(file, encodeText("second\n"));
      }
      await file.sync();
      file.close();
    }
    const read = async () => decodeText(await platform.readFile(path));
    assert.equal(await read(), "one\nsecond\nthree\n");

    const other = await platform.openFile(`${path}.new`, { append: false, mode: 0o600 });
    await writeAll(other, encodeText("all of it"));
    await other.truncate(3);
    await writeAll(other, encodeText(", new"));
    await platform.rename(`${path}.new`, path);
    await platform.syncFolder(folder);
    // Its name has changed, and not the file.
    await other.truncate(0);
    await writeAll(other, encodeText("again"));
    other.close();
    assert.equal(await read(), "again");

    await platform.removeFile(path);
    const missing = { code: "ENOENT", text: "no such file or directory" };
    assert.deepEqual(await failure(platform.readFile(path)), missing);
    assert.deepEqual(await failure(platform.rename(path, `${path}.new`)), missing);
    assert.deepEqual(await failure(platform.openFile(folder, { append: true, mode: 0o600 })), {
      code: "EISDIR",
      text: "is a directory",
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the machine has a name, and networks", () => {
  assert(platform.hostname().length > 0);
  assert(platform.networkInterfaces().some(({ cidr }) => cidr === "127.0.0.1/8"));
});
