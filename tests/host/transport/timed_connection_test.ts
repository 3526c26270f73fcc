import { assertEquals, assertThrows } from "@std/assert";
import { TcpServer } from "../../../lib/host/transport/tcp_server.ts";
import { TimedConnection } from "../../../lib/host/transport/timed_connection.ts";
import { until } from "../../support/until.ts";

/** A connection that the other side has reset before it was accepted: the system knows nothing of it any more. */
function resetConnection(onClose: () => void): Deno.TcpConn {
  return {
    remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 1 },
    setNoDelay() {
      throw new Deno.errors.NotConnected("Transport endpoint is not connected");
    },
    close: onClose,
  } as Partial<Deno.TcpConn> as Deno.TcpConn;
}

Deno.test("a connection that was reset is closed when it cannot be set up", () => {
  let closed = 0;
  const conn = resetConnection(() => closed++);
  assertThrows(() => new TimedConnection(conn, 1_000), Deno.errors.NotConnected);
  assertEquals(closed, 1);
});

Deno.test("a server closes connections that were reset before it accepted them, and goes on", async () => {
  const waiting = Promise.withResolvers<Deno.TcpConn>();
  let accepted = 0;
  let closed = 0;
  const listener = {
    accept() {
      if (++accepted > 3) return waiting.promise;
      return Promise.resolve(resetConnection(() => closed++));
    },
    close: () => waiting.reject(new Deno.errors.BadResource("Listener has been closed")),
  } as Partial<Deno.TcpListener> as Deno.TcpListener;
  const log: string[] = [];
  const server = new TcpServer({
    listener,
    wire: { compress: false },
    timeoutMs: 1_000,
    accept: () => null,
    log: (level, text) => void log.push(`${level} ${text}`),
  });
  await until(() => accepted > 3);
  await server.close();
  assertEquals(closed, 3);
  assertEquals(log.filter((line) => line.startsWith("ERR")).length, 3);
});
