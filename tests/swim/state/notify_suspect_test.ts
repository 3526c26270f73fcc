import { assertEquals } from "@std/assert";
import type { Suspect } from "../../../lib/wire/messages/messages.ts";
import { addressOf, aliveOf, type HandWorld, hear, startNode, viewOf } from "../hand_world.ts";

const accusation: Suspect = { type: "suspect", node: "n1", incarnation: 1, from: "n2" };

/** What was sent to a node outside of gossip and probes: packets of nothing but accusations by ourselves. */
function heard(world: HandWorld, node: string): Suspect[] {
  return world.sent.splice(0).flatMap(({ to, packet: { messages: [message, ...others] } }) =>
    to.equals(addressOf(node)) && others.length === 0 && message.type === "suspect" &&
      message.from === "self"
      ? [message]
      : []
  );
}

Deno.test("a suspect is told of its suspicion twice within the shortest time, and until the end", () => {
  const { swim, world } = startNode({ knows: ["n1", "n2", "n3", "n4"] });
  world.takeSent();
  hear(swim, { ...accusation, incarnation: 3 });
  // The shortest time is 4 s, the longest 24 s.
  world.run(1_999);
  assertEquals(heard(world, "n1"), []);
  world.run(1);
  assertEquals(heard(world, "n1"), [{ ...accusation, incarnation: 3, from: "self" }]);
  world.run(22_000);
  assertEquals(viewOf(swim, "n1"), "dead 3");
  assertEquals(heard(world, "n1").length, 10);
  world.run(10_000);
  assertEquals(heard(world, "n1"), []);
});

Deno.test("a suspect that has refuted is left alone", () => {
  const { swim, world } = startNode({ knows: ["n1", "n2", "n3"] });
  hear(swim, accusation, aliveOf("n1", { incarnation: 2 }));
  world.takeSent();
  world.run(60_000);
  assertEquals(heard(world, "n1"), []);
});

/** What we answer directly to `from` when it sends us something. */
function answersTo(...messages: Parameters<typeof hear>[1][]): string[] {
  const { swim, world } = startNode({ knows: ["n1"] });
  hear(swim, { type: "suspect", node: "self", incarnation: 4, from: "n1" });
  world.sent.length = 0;
  hear(swim, ...messages);
  return world.takeSent().filter(({ to }) => to === addressOf("from").text).map(({ message }) =>
    message.type === "alive"
      ? `alive ${message.claim.node} ${message.claim.incarnation}`
      : message.type
  );
}

Deno.test("whoever accuses us is contradicted directly, even if the accusation is old", () => {
  assertEquals(answersTo({ ...accusation, node: "self", incarnation: 1 }), ["alive self 5"]);
  assertEquals(answersTo({ ...accusation, node: "self", incarnation: 7 }), ["alive self 8"]);
  const death = { type: "dead", node: "self", incarnation: 2, from: "n1" } as const;
  assertEquals(answersTo(death), ["alive self 5"]);
});

Deno.test("accusations of others are not answered", () => {
  assertEquals(answersTo(accusation), []);
});

Deno.test("a node that leaves does not contradict its own departure", () => {
  const { swim, world } = startNode({ knows: ["n1"] });
  swim.leave({ id: 1, timeoutMs: 0 });
  world.takeSent();
  hear(swim, { type: "dead", node: "self", incarnation: 1, from: "self" });
  assertEquals(world.takeSent().filter(({ message }) => message.type === "alive"), []);
});
