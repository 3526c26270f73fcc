import { assertEquals } from "@std/assert";
import type { Suspect } from "../../../lib/wire/messages/messages.ts";
import {
  addressOf,
  aliveOf,
  type HandWorld,
  hear,
  startNode,
  suspectOf,
  viewOf,
} from "../hand_world.ts";

const suspect = suspectOf("n1", "n2");

/** The notifications that a node was sent: packets with nothing but our own suspect message. */
function takeNotifications(world: HandWorld, node: string): Suspect[] {
  return world.sent.splice(0).flatMap(({ to, packet: { messages: [message, ...others] } }) =>
    to.equals(addressOf(node)) && others.length === 0 && message.type === "suspect" &&
      message.from === "self"
      ? [message]
      : []
  );
}

Deno.test("a suspect is notified every half of the minimum timeout, until the suspicion ends", () => {
  const { swim, world } = startNode({ knows: ["n1", "n2", "n3", "n4"] });
  world.takeSent();
  hear(swim, { ...suspect, incarnation: 3 });
  // The shortest time is 4 s, the longest 24 s.
  world.run(1_999);
  assertEquals(takeNotifications(world, "n1"), []);
  world.run(1);
  assertEquals(takeNotifications(world, "n1"), [{ ...suspect, incarnation: 3, from: "self" }]);
  world.run(22_000);
  assertEquals(viewOf(swim, "n1"), "dead 3");
  assertEquals(takeNotifications(world, "n1").length, 10);
  world.run(10_000);
  assertEquals(takeNotifications(world, "n1"), []);
});

Deno.test("a suspect that has refuted is notified no more", () => {
  const { swim, world } = startNode({ knows: ["n1", "n2", "n3"] });
  hear(swim, suspect, aliveOf("n1", { incarnation: 2 }));
  world.takeSent();
  world.run(60_000);
  assertEquals(takeNotifications(world, "n1"), []);
});

/** What `from` is answered directly when it sends messages. */
function answersTo(...messages: Parameters<typeof hear>[1][]): string[] {
  const { swim, world } = startNode({ knows: ["n1"] });
  hear(swim, { type: "suspect", node: "self", incarnation: 4, from: "n1" });
  world.run(100);
  world.sent.length = 0;
  hear(swim, ...messages);
  return world.takeSent().filter(({ to }) => to === addressOf("from").text).map(({ message }) =>
    message.type === "alive"
      ? `alive ${message.claim.node} ${message.claim.incarnation}`
      : message.type
  );
}

Deno.test("suspect and dead messages about us are answered directly with our alive message, even old ones", () => {
  assertEquals(answersTo({ ...suspect, node: "self", incarnation: 1 }), ["alive self 5"]);
  assertEquals(answersTo({ ...suspect, node: "self", incarnation: 7 }), ["alive self 8"]);
  const death = { type: "dead", node: "self", incarnation: 2, from: "n1" } as const;
  assertEquals(answersTo(death), ["alive self 5"]);
});

Deno.test("suspect messages about other nodes are not answered", () => {
  assertEquals(answersTo(suspect), []);
});

Deno.test("a node that leaves does not refute its own leave", () => {
  const { swim, world } = startNode({ knows: ["n1"] });
  swim.leave({ id: 1, timeoutMs: 0 });
  world.takeSent();
  hear(swim, { type: "dead", node: "self", incarnation: 1, from: "self" });
  assertEquals(world.takeSent().filter(({ message }) => message.type === "alive"), []);
});

Deno.test("an address gets one direct refutation in 100 ms, however often it suspects us", () => {
  const { swim, world } = startNode({ knows: ["n1"] });
  world.takeSent();
  const accusation: Suspect = { type: "suspect", node: "self", incarnation: 1, from: "n1" };
  const refutations = () =>
    world.sent.splice(0).filter(({ to, packet: { messages } }) =>
      to.equals(addressOf("from")) && messages[0].type === "alive"
    ).length;
  hear(swim, ...Array<Suspect>(255).fill(accusation));
  assertEquals(refutations(), 1);
  hear(swim, accusation);
  assertEquals(refutations(), 0);
  world.run(100);
  hear(swim, accusation);
  assertEquals(refutations(), 1);
});

Deno.test("without direct refutation, nobody is told or answered apart from probes and gossip", () => {
  const profile = { directRefutation: false };
  const { swim, world } = startNode({ knows: ["n1", "n2"], profile });
  world.takeSent();
  hear(swim, { ...suspect, node: "self" });
  assertEquals(world.takeSent().filter(({ to }) => to === addressOf("from").text), []);
  hear(swim, suspect);
  world.run(3_000);
  assertEquals(takeNotifications(world, "n1"), []);
});
