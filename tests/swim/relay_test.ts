import { assert, assertEquals } from "@std/assert";
import { Address } from "../../lib/base/address.ts";
import type { Message } from "../../lib/wire/messages.ts";
import { addressOf, hear, startNode } from "./hand_world.ts";

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
function quiet(): ReturnType<typeof startNode> {
  return startNode({ peersAnswer: false, packetOverhead: 1_390 });
}

Deno.test("a helper pings the target under a number of its own, and passes on the ack", () => {
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

Deno.test("a helper that gets no ack in time says so, if that is wanted", () => {
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

Deno.test("an ack that comes after the nack is too late", () => {
  const { swim, world } = quiet();
  hear(swim, request(77));
  const [{ message: ping }] = world.takeSent();
  assert(ping.type === "ping");
  world.run(500);
  world.takeSent();
  hear(swim, { type: "ack", sequence: ping.sequence, payload: null });
  assertEquals(world.takeSent(), []);
});

Deno.test("a request without a source is answered where it came from, and port 0 is our own", () => {
  const { swim, world } = quiet();
  hear(swim, { ...request(77, { port: 0 }), source: undefined } as Message);
  const [{ to, message: ping }] = world.takeSent();
  assert(ping.type === "ping");
  assertEquals(to, "10.0.0.2:7946");
  hear(swim, { type: "ack", sequence: ping.sequence, payload: null });
  assertEquals(world.takeSent().map(({ to }) => to), ["10.0.0.102:7946"]);
});

Deno.test("a flood of requests is not taken on beyond a limit", () => {
  const { swim, world } = quiet();
  for (let sequence = 1; sequence <= 3_000; sequence++) hear(swim, request(sequence));
  assertEquals(world.takeSent().length, 1_024);
  world.run(500);
  world.takeSent();
  hear(swim, request(1));
  assertEquals(world.takeSent().length, 1);
});
