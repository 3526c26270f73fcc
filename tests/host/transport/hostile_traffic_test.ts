/** What strangers may send to a port, and what it costs. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { bindNodeUdp } from "../../../lib/host/transport/node_udp.ts";
import { TcpServer } from "../../../lib/host/transport/tcp_server.ts";
import { bindDenoUdp } from "../../../lib/host/transport/udp.ts";
import { encodeStream, StreamDecoder } from "../../../lib/wire/framing/stream.ts";
import type { StreamMessage } from "../../../lib/wire/messages/messages.ts";
import { KeyringCipher } from "../../../lib/wire/framing/cipher.ts";
import { Keyring } from "../../../lib/wire/framing/keyring.ts";
import type { WireOptions } from "../../../lib/wire/framing/wire_options.ts";
import { LoopbackCluster } from "../loopback_cluster.ts";
import { RealNetwork } from "./real_network.ts";
import type { Station } from "./transport_contract.ts";
import { until } from "../../support/until.ts";

const plain: WireOptions = { compress: false };
const encrypted: WireOptions = {
  compress: false,
  cipher: new KeyringCipher(new Keyring([new Uint8Array(16)])),
};
const ping: StreamMessage = { type: "ping", sequence: 1, node: "" };

async function dial({ address }: Station): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname: address.host, port: address.port });
}

/** Connects from an address of the loopback network. */
async function dialFrom(localAddress: string, { address: { port } }: Station): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port, localAddress });
  socket.on("error", () => {}); // Reset by the server.
  await once(socket, "connect");
  return socket;
}

/** Everything until the other side closes, be it the hard way. */
async function readAll(conn: Deno.TcpConn): Promise<Uint8Array> {
  const chunks: number[] = [];
  const buffer = new Uint8Array(4096);
  for (;;) {
    const count = await conn.read(buffer).catch(() => null);
    if (count === null) return Uint8Array.from(chunks);
    chunks.push(...buffer.subarray(0, count));
  }
}

/** A station that answers pings. */
async function answering(network: RealNetwork, wire?: WireOptions): Promise<Station> {
  const station = await network.open(wire);
  station.answer = (message) =>
    message.type === "ping" ? { type: "ack", sequence: message.sequence, payload: null } : null;
  return station;
}

function pingOf(station: Station, from: Station) {
  const message = { type: "ping", sequence: 9, node: "" } as const;
  return from.request(station.address, { message, timeoutMs: 5_000 });
}

Deno.test("200 idle connections block nobody, and are closed at their deadline", async () => {
  await using network = new RealNetwork({ streamTimeoutMs: 1_000 });
  const [server, client] = [await answering(network), await network.open()];
  const idle = await Promise.all(Array.from({ length: 200 }, () => dial(server)));
  assert((await pingOf(server, client)).ok);
  const ends = await Promise.all(idle.map((conn) => readAll(conn)));
  assert(ends.every((bytes) => bytes.length === 0));
  for (const conn of idle) conn.close();
  assert((await pingOf(server, client)).ok);
});

Deno.test("of more than 512 idle connections the oldest are closed", async () => {
  await using network = new RealNetwork();
  const [server, client] = [await answering(network), await network.open()];
  const first = await dial(server);
  const idle: Deno.TcpConn[] = [];
  for (let i = 0; i < 520; i++) idle.push(await dial(server));
  assertEquals(await readAll(first), new Uint8Array());
  assert((await pingOf(server, client)).ok);
  for (const conn of [first, ...idle]) conn.close();
});

for (const [kind, wire] of [["without", plain], ["with", encrypted]] as const) {
  Deno.test(`130 streams of one byte keep no exchange out, ${kind} encryption`, async () => {
    await using network = new RealNetwork();
    const [server, client] = [await answering(network, wire), await network.open(wire)];
    const begun: Deno.TcpConn[] = [];
    for (let i = 0; i < 130; i++) {
      const conn = await dial(server);
      await conn.write(Uint8Array.of(wire.cipher === undefined ? 6 : 10));
      begun.push(conn);
    }
    const accepted = () => network.log.filter((line) => line.includes("Stream connection")).length;
    await until(() => accepted() === 130);
    assert((await pingOf(server, client)).ok);
    // Of one address, the oldest go first.
    assertEquals(await readAll(begun[0]), new Uint8Array());
    for (const conn of begun) conn.close();
  });
}

Deno.test("streams of some addresses do not push out that of another one", async () => {
  await using network = new RealNetwork({ host: "0.0.0.0", streamTimeoutMs: 10_000 });
  const server = await answering(network);
  const member = await dialFrom("127.0.0.99", server);
  const message = encodeStream(ping, plain, "dialler");
  member.write(message.subarray(0, 1));
  const strangers: Socket[] = [];
  for (let i = 0; i < 600; i++) {
    const socket = await dialFrom(`127.0.0.${2 + i % 6}`, server);
    socket.write(Uint8Array.of(6));
    strangers.push(socket);
  }
  const answer = once(member, "data");
  member.write(message.subarray(1));
  const [bytes] = await answer;
  assertEquals(new StreamDecoder(plain, "dialler").push(new Uint8Array(bytes))?.type, "ack");
  for (const socket of [member, ...strangers]) socket.destroy();
});

Deno.test("more exchanges than allowed at once are refused", async () => {
  const log: string[] = [];
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  // More than the buffers of a socket hold, so that writing it takes as long as the other side likes.
  const body = { bytes: new Uint8Array(12_000_000) };
  const server = new TcpServer({
    listener,
    wire: plain,
    timeoutMs: 10_000,
    accept: () => ({ type: "push-pull", join: false, nodes: [], userState: body }),
    log: (_, text) => void log.push(text),
    maxExchanges: 2,
  });
  const conns: Deno.TcpConn[] = [];
  for (let i = 0; i < 3; i++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
    await conn.write(encodeStream(ping, plain, "dialler"));
    conns.push(conn);
    await until(() => log.filter((line) => line.includes("Stream connection")).length > i);
  }
  assertEquals(await readAll(conns[2]), new Uint8Array());
  assertStringIncludes(log.join("\n"), "Too many pending push/pull requests");
  for (const conn of conns) conn.close();
  await server.close();
});

Deno.test("a message that arrives byte by byte is decoded", async () => {
  await using network = new RealNetwork();
  const server = await answering(network);
  const conn = await dial(server);
  for (const byte of encodeStream(ping, plain, "dialler")) {
    await conn.write(Uint8Array.of(byte));
  }
  const answer = new StreamDecoder(plain, "dialler").push(await readAll(conn));
  assertEquals(answer, { type: "ack", sequence: 1, payload: null });
  conn.close();
});

Deno.test("the connection of a slow message is closed at its deadline", async () => {
  await using network = new RealNetwork({ streamTimeoutMs: 100 });
  const server = await answering(network);
  const conn = await dial(server);
  await conn.write(encodeStream(ping, plain, "dialler").subarray(0, 3));
  assertEquals(await readAll(conn), new Uint8Array());
  conn.close();
  assertStringIncludes(network.log.join("\n"), "i/o timeout");
});

Deno.test("garbage on the TCP port is logged, and its connection closed", async () => {
  await using network = new RealNetwork();
  const [server, client] = [await answering(network), await network.open()];
  const garbage = [
    Uint8Array.of(0xff),
    new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    // An encrypted message that claims to be 4 GiB long.
    Uint8Array.of(10, 0xff, 0xff, 0xff, 0xff, 1, 2, 3),
    // A push/pull that claims to have two billion nodes.
    Uint8Array.of(6, 0x81, 0xa5, 0x4e, 0x6f, 0x64, 0x65, 0x73, 0xd2, 0x7f, 0xff, 0xff, 0xff),
    crypto.getRandomValues(new Uint8Array(50_000)),
  ];
  for (const bytes of garbage) {
    const conn = await dial(server);
    await conn.write(bytes).catch(() => {});
    await conn.closeWrite().catch(() => {});
    await readAll(conn);
    conn.close();
  }
  assert(network.log.filter((line) => line.startsWith("ERR memberlist: ")).length >= 4);
  assert((await pingOf(server, client)).ok);
  assertEquals(server.streams.length, 1);
});

Deno.test("a peer that sends an encrypted message to a node without encryption is told so", async () => {
  await using network = new RealNetwork();
  const server = await answering(network);
  const cipher = new KeyringCipher(new Keyring([new Uint8Array(16)]));
  const conn = await dial(server);
  await conn.write(encodeStream(ping, { compress: true, cipher }, "dialler"));
  await conn.closeWrite();
  const answer = new StreamDecoder(plain, "dialler").push(await readAll(conn));
  assertEquals(answer, {
    type: "err",
    error: "remote state is encrypted and encryption is not configured",
  });
  conn.close();
});

Deno.test("the answer to a refused message arrives while its sender is still writing", async () => {
  await using network = new RealNetwork();
  const server = await answering(network);
  const conn = await dial(server);
  await conn.write(Uint8Array.of(10));
  const more = conn.write(new Uint8Array(500_000)).catch(() => {});
  const buffer = new Uint8Array(4096);
  const count = await conn.read(buffer);
  const answer = new StreamDecoder(plain, "dialler").push(buffer.subarray(0, count ?? 0));
  assertEquals(answer?.type, "err");
  await more;
  conn.close();
});

for (const [kind, bindUdp] of [["Deno", bindDenoUdp], ["Node", bindNodeUdp]] as const) {
  Deno.test(`garbage datagrams are logged and do no harm, with ${kind}'s sockets`, async () => {
    await using network = new RealNetwork({ bindUdp });
    const server = await network.open();
    const sender = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    const to = { transport: "udp", hostname: "127.0.0.1", port: server.address.port } as const;
    const garbage = [
      new Uint8Array(),
      Uint8Array.of(0xff),
      Uint8Array.of(7, 255),
      Uint8Array.of(9),
      crypto.getRandomValues(new Uint8Array(1400)),
      new Uint8Array(65_507),
    ];
    for (const bytes of garbage) await sender.send(bytes, to);
    const last = { type: "nack", sequence: 4 } as const;
    server.send(server.address, { messages: [last], crc: false });
    const received = () => server.datagrams.flatMap(({ packet }) => packet.messages);
    await until(() => received().some(({ type }) => type === "nack"));
    sender.close();
    const log = network.log.join("\n");
    assertStringIncludes(log, "UDP packet too short (0 bytes) from=127.0.0.1:");
    assert(network.log.filter((line) => line.startsWith("ERR memberlist: ")).length >= 4);
  });
}

Deno.test("a datagram that the system cannot send is logged", async () => {
  await using network = new RealNetwork();
  const [a, b] = [await network.open(plain), await network.open(plain)];
  const body = { bytes: new Uint8Array(70_000) };
  a.send(b.address, { messages: [{ type: "user", body }], crc: false });
  await until(() => network.log.some((line) => line.includes("Failed to send UDP packet")));
  assertStringIncludes(network.log.join("\n"), "write udp: message too long");
});

Deno.test("a cluster works under a flood of garbage", async () => {
  await using cluster = new LoopbackCluster();
  const [a, b] = await cluster.joined(2);
  const sender = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { host: hostname, port } = a.address;
  const end = performance.now() + 500;
  while (performance.now() < end) {
    const bytes = crypto.getRandomValues(new Uint8Array(1 + Math.random() * 1400));
    await sender.send(bytes, { transport: "udp", hostname, port });
  }
  sender.close();
  const events = a.events();
  b.userEvent("still here");
  for await (const event of events) if (event.type === "user") break;
  assertEquals(a.member("n2")?.status, "alive");
});
