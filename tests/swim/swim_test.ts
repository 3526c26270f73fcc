import { assertEquals } from "@std/assert";
import type { Message } from "../../lib/wire/messages/messages.ts";
import { aliveOf, hear, startNode } from "./hand_world.ts";

function user(number: number): Message {
  return { type: "user", body: { bytes: Uint8Array.of(number) } };
}

Deno.test("gossip is handled from the last message of a packet to the first", () => {
  const { swim, world } = startNode();
  hear(swim, user(3), user(2), user(1));
  assertEquals(world.eventsOf("user-message").map(({ body }) => body.bytes[0]), [1, 2, 3]);
});

Deno.test("a packet's pings are answered first, then its alive messages are handled, then the rest", () => {
  const { swim, world } = startNode({ knows: ["n1"] });
  world.takeSent();
  hear(
    swim,
    user(2),
    aliveOf("n3"),
    { type: "dead", node: "n1", incarnation: 1, from: "n1" },
    aliveOf("n2"),
    { type: "ping", sequence: 5, node: "self" },
    user(1),
  );
  const seen = world.events.flatMap((event) => {
    if (event.type === "user-message") return [`user ${event.body.bytes[0]}`];
    if (event.type === "node-join" || event.type === "node-leave") {
      return [`${event.type} ${event.claim.node}`];
    }
    return [];
  });
  assertEquals(seen, ["node-join n2", "node-join n3", "user 1", "node-leave n1", "user 2"]);
  assertEquals(world.takeSent()[0].message, { type: "ack", sequence: 5, payload: null });
});
