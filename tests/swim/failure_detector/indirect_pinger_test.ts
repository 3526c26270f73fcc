import { assert, assertEquals } from "@std/assert";
import { Address } from "../../../lib/base/address.ts";
import type { Message } from "../../../lib/wire/messages/messages.ts";
import {
  addressOf,
  aliveOf,
  fail,
  hear,
  type NodeOptions,
  type StartedNode,
  startNode,
} from "../hand_world.ts";

function request(sequence: number, changes: { nack?: boolean; port?: number } = {}): Message {
  const { ip, port } = addressOf("n2");
  return {
    type: "indirect-ping",
    sequence,
    node: "n2",
    target: new Address(ip, changes.port ?? port),
    nack: changes.nack ?? true,
    source: { address: addressOf("n1"), node: "n1" },
  };
}

/** A node whose packets have no room for broadcasts. */
function quiet(): StartedNode {
  return startNode({ peersAnswer: false, packetOverhead: 1_390 });
}

Deno.test("a helper pings the target with its own sequence number, and passes on the ack", () => {
  const { swim, world } = quiet();
  hear(swim, request(77));
  const [{ to, message: ping }] = world.takeSent();
  assert(ping.type === "ping");
  assertEquals([to, ping.node, ping.source?.node], ["10.0.0.2:7946", "n2", "self"]);
  assert(ping.sequence !== 77);
  world.run(100);
  world.takeSent();
  hear(swim, { type: "ack", sequence: ping.sequence, payload: Uint8Array.of(1) });
  assertEquals(world.takeSent(), [
    { to: "10.0.0.1:7946", message: { type: "ack", sequence: 77, payload: null } },
  ]);
  world.run(1_000);
  assertEquals(world.takeSent().filter(({ message }) => message.type === "nack"), []);
});

Deno.test("a helper that gets no ack in time sends a nack, if that is wanted", () => {
  const { swim, world } = quiet();
  hear(swim, request(77));
  hear(swim, request(78, { nack: false }));
  world.takeSent();
  world.run(499);
  assertEquals(world.takeSent(), []);
  world.run(1);
  assertEquals(world.takeSent(), [
    { to: "10.0.0.1:7946", message: { type: "nack", sequence: 77 } },
  ]);
});

/** A node that was asked to ping a member that does not answer. What it has sent so far is removed. */
function asked(options: NodeOptions = {}): StartedNode {
  const started = startNode({ peersAnswer: false, packetOverhead: 1_390, ...options });
  hear(started.swim, aliveOf("n2"));
  hear(started.swim, request(77));
  started.world.takeSent();
  return started;
}

Deno.test("a helper sends the nack at once when the stream is refused, and still passes on an ack", () => {
  const { swim, world } = asked();
  world.run(124);
  assertEquals(world.requests, []);
  world.run(1);
  const [{ to, exchange, id }] = world.requests;
  assert(exchange.message.type === "ping");
  const { sequence, node } = exchange.message;
  assertEquals([to.text, node, exchange.timeoutMs], ["10.0.0.2:7946", "n2", 375]);
  world.takeSent();
  fail(swim, id, "dial tcp 10.0.0.2:7946: connect: connection refused");
  const nacks = () => world.takeSent().filter(({ message }) => message.type === "nack");
  const nack = { to: "10.0.0.1:7946", message: { type: "nack", sequence: 77 } };
  assertEquals(nacks(), [nack as ReturnType<typeof nacks>[0]]);
  world.run(100);
  hear(swim, { type: "ack", sequence, payload: null });
  const [ack] = world.takeSent().filter(({ message }) => message.type === "ack");
  assertEquals(ack.message, { type: "ack", sequence: 77, payload: null });
  world.run(1_000);
  assertEquals(nacks(), []);
});

Deno.test("after any other error on the stream, a helper waits for the ack", () => {
  const { swim, world } = asked();
  world.run(125);
  fail(swim, world.requests[0].id, "dial tcp 10.0.0.2:7946: i/o timeout");
  world.run(374);
  assertEquals(world.takeSent().filter(({ message }) => message.type === "nack"), []);
  world.run(1);
  assertEquals(world.takeSent().filter(({ message }) => message.type === "nack").length, 1);
});

Deno.test("a helper dials only members, at their own address, one stream at a time, and only with eager probes", () => {
  const stranger = quiet();
  hear(stranger.swim, request(77));
  stranger.world.run(500);
  assertEquals(stranger.world.requests, []);

  const elsewhere = asked();
  hear(elsewhere.swim, request(78, { port: 22 }), request(79));
  elsewhere.world.run(500);
  assertEquals(elsewhere.world.requests.map(({ to }) => to.text), ["10.0.0.2:7946"]);

  const patient = asked({ profile: { eagerProbes: false } });
  patient.world.run(450);
  assertEquals(patient.world.requests, []);
});

Deno.test("an ack that comes after the timeout is not passed on", () => {
  const { swim, world } = quiet();
  hear(swim, request(77));
  const [{ message: ping }] = world.takeSent();
  assert(ping.type === "ping");
  world.run(500);
  world.takeSent();
  hear(swim, { type: "ack", sequence: ping.sequence, payload: null });
  assertEquals(world.takeSent(), []);
});

Deno.test("a request without a source is answered at its sender's address, and port 0 is our own port", () => {
  const { swim, world } = quiet();
  hear(swim, { ...request(77, { port: 0 }), source: undefined } as Message);
  const [{ to, message: ping }] = world.takeSent();
  assert(ping.type === "ping");
  assertEquals(to, "10.0.0.2:7946");
  hear(swim, { type: "ack", sequence: ping.sequence, payload: null });
  assertEquals(world.takeSent().map(({ to }) => to), ["10.0.0.102:7946"]);
});

Deno.test("at most 1,024 indirect pings are under way", () => {
  const { swim, world } = quiet();
  for (let sequence = 1; sequence <= 3_000; sequence++) hear(swim, request(sequence));
  assertEquals(world.takeSent().length, 1_024);
  world.run(500);
  world.takeSent();
  hear(swim, request(1));
  assertEquals(world.takeSent().length, 1);
});

Deno.test("a datagram may ask for one indirect ping", () => {
  const { swim, world } = startNode();
  world.takeSent();
  const requests = Array.from({ length: 255 }, (_, i): Message => ({
    type: "indirect-ping",
    sequence: i,
    node: `n${i + 1}`,
    target: addressOf(`n${i + 1}`),
    nack: false,
    source: undefined,
  }));
  hear(swim, ...requests);
  assertEquals(world.takeSent().filter(({ message }) => message.type === "ping").length, 1);
});
