import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect, sendAtOnce } from "../../lib/base/connect.ts";
import { TimeoutError } from "../../lib/base/errors.ts";

Deno.test("a connection that is made just when the time is over is closed", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { hostname, port } = listener.addr;
  for (let i = 0; i < 20; i++) {
    const connecting = connect({ hostname, port }, { timeoutMs: 5 });
    const end = performance.now() + 20;
    while (performance.now() < end);
    const [outcome] = await Promise.allSettled([connecting]);
    using accepted = await listener.accept();
    if (outcome.status === "fulfilled") outcome.value.close();
    assertEquals(await accepted.read(new Uint8Array(1)), null);
  }
});

Deno.test("an attempt to connect ends with the time limit or the reason of its signal", async () => {
  // Loopback addresses answer at once: the limit must be over before.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { hostname, port } = listener.addr;
  const stop = new AbortController();
  const connecting = connect({ hostname, port }, { timeoutMs: 60_000, signal: stop.signal });
  stop.abort(new Error("not wanted any more"));
  await assertRejects(() => connecting, Error, "not wanted any more");
  const late = connect({ hostname, port }, { timeoutMs: 0 });
  const end = performance.now() + 20;
  while (performance.now() < end);
  const [outcome] = await Promise.allSettled([late]);
  if (outcome.status === "fulfilled") outcome.value.close();
  else assertEquals(outcome.reason instanceof TimeoutError, true);
});

Deno.test("a connection that was reset before it could be set up is closed", () => {
  let closed = 0;
  const conn = {
    setNoDelay() {
      throw new Deno.errors.NotConnected("Transport endpoint is not connected");
    },
    close: () => void closed++,
  } as Partial<Deno.TcpConn> as Deno.TcpConn;
  assertThrows(() => sendAtOnce(conn), Deno.errors.NotConnected);
  assertEquals(closed, 1);
});
