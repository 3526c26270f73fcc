import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { StatsdSink, type StatsServer } from "../../../lib/agent/telemetry/statsd_sink.ts";
import { until } from "../../support/until.ts";
import { vacantPort } from "../../support/vacant_port.ts";
import { DatagramServer } from "../../support/datagram_server.ts";

/** A sink for a local server that is tried often, and what it logs. */
function sinkFor(server: StatsServer, port: number) {
  const lines: string[] = [];
  const sink = new StatsdSink(server, {
    address: `127.0.0.1:${port}`,
    log: (level, text) => lines.push(`[${level}] ${text}`),
    retryMs: 20,
  });
  return { sink, lines };
}

function listenTcp(port = 0) {
  return Deno.listen({ hostname: "127.0.0.1", port });
}

/** Reads until there is so much text. */
async function read(conn: Deno.Conn, length: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of conn.readable.values({ preventCancel: true })) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length >= length) break;
  }
  return text;
}

Deno.test("lines that are recorded at the same time reach statsd in one datagram", async () => {
  using server = new DatagramServer();
  await using sink = sinkFor("statsd", server.port).sink;
  sink.record("g", "a.b", 12_958_736);
  sink.record("c", "c", 1);
  sink.record("ms", "d", 0.0470441);
  assertEquals(await server.receive(), "a.b:12958736.000000|g\nc:1.000000|c\nd:0.047044|ms\n");
});

Deno.test("a datagram holds whole lines, up to 1,400 bytes", async () => {
  using server = new DatagramServer();
  await using sink = sinkFor("statsd", server.port).sink;
  for (let i = 0; i < 100; i++) sink.record("c", `serf-agent.some.rather.long.name.${i}`, 1);
  const numbers: number[] = [];
  while (numbers.length < 100) {
    const datagram = await server.receive();
    assert(datagram.length <= 1_400 && datagram.endsWith("\n"));
    for (const match of datagram.matchAll(/name\.(\d+):1\.000000\|c\n/g)) {
      numbers.push(Number(match[1]));
    }
  }
  // Datagrams may overtake each other.
  assertEquals(numbers.toSorted((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
});

Deno.test("statsite gets a stream of lines", async () => {
  using server = listenTcp();
  await using sink = sinkFor("statsite", server.addr.port).sink;
  sink.record("c", "a", 1);
  const conn = await server.accept();
  const first = "a:1.000000|c\n";
  assertEquals(await read(conn, first.length), first);
  sink.record("c", "b", 2);
  assertEquals(await read(conn, first.length), "b:2.000000|c\n");
  conn.close();
});

Deno.test("a server that is not there yet is tried again, and gets the lines that wait", async () => {
  const port = vacantPort();
  const { sink, lines } = sinkFor("statsite", port);
  await using _ = sink;
  sink.record("c", "early", 1);
  await until(() => lines.length > 1);
  assertEquals(
    lines[0],
    "[ERR] agent: Error sending metrics to statsite: " +
      `dial tcp 127.0.0.1:${port}: connect: connection refused`,
  );
  using server = listenTcp(port);
  const conn = await server.accept();
  assertEquals(await read(conn, 1), "early:1.000000|c\n");
  conn.close();
});

Deno.test("a broken connection is opened again", async () => {
  using server = listenTcp();
  const { sink, lines } = sinkFor("statsite", server.addr.port);
  await using _ = sink;
  sink.record("c", "a", 1);
  const first = await server.accept();
  await read(first, 1);
  first.close();
  const second = server.accept();
  const writing = setInterval(() => sink.record("c", "b", 1), 10);
  const conn = await second;
  clearInterval(writing);
  assertMatch(await read(conn, 1), /^(b:1\.000000\|c\n)+$/);
  assertMatch(lines[0], /^\[ERR\] agent: Error sending metrics to statsite: /);
  conn.close();
});

Deno.test("while there is no server only so many lines are kept", async () => {
  const port = vacantPort();
  await using sink = sinkFor("statsite", port).sink;
  for (let i = 0; i < 10_000; i++) sink.record("c", "a", 1);
  using server = listenTcp(port);
  const conn = await server.accept();
  const line = "a:1.000000|c\n";
  const text = await read(conn, 4_096 * line.length);
  assertEquals(text.length, 4_096 * line.length);
  conn.close();
});

Deno.test("a sink can be closed before it has sent anything", async () => {
  const { sink, lines } = sinkFor("statsite", vacantPort());
  sink.record("c", "a", 1);
  await sink[Symbol.asyncDispose]();
  sink.record("c", "a", 1);
  assertEquals(lines, []);
});

Deno.test("an address needs a host and a port", () => {
  const sinkAt = (address: string) => new StatsdSink("statsd", { address, log: () => {} });
  assertThrows(() => sinkAt("metrics"), TypeError, "address metrics: missing port in address");
  assertThrows(() => sinkAt("metrics:x"), TypeError, "unknown port");
});
