import { assertEquals } from "@std/assert";
import { decideAlive, decideDead, decideSuspect } from "../../../lib/swim/state/override_rules.ts";
import type { Claim, Message, NodeState } from "../../../lib/wire/messages/messages.ts";
import { addressOf, aliveOf, claimOf, hear, startNode, versions, viewOf } from "../hand_world.ts";

const states: readonly NodeState[] = ["alive", "suspect", "dead", "left"];

/** A message that says that `b` is in a state. */
function saying(state: NodeState, incarnation: number): Message {
  switch (state) {
    case "alive":
      return aliveOf("b", { incarnation });
    case "suspect":
    case "dead":
      return { type: state, node: "b", incarnation, from: "c" };
    case "left":
      return { type: "dead", node: "b", incarnation, from: "b" };
    default:
      return state satisfies never;
  }
}

/**
 * What is known of `b` after a message with incarnation 4, 5 and 6, when it was known with incarnation 5: by the state that was
 * known, then by the state that the message says.
 */
const outcomes: Record<NodeState, Record<NodeState, readonly [string, string, string]>> = {
  alive: {
    alive: ["alive 5", "alive 5", "alive 6"],
    suspect: ["alive 5", "suspect 5", "suspect 6"],
    dead: ["alive 5", "dead 5", "dead 6"],
    left: ["alive 5", "left 5", "left 6"],
  },
  suspect: {
    alive: ["suspect 5", "suspect 5", "alive 6"],
    suspect: ["suspect 5", "suspect 5", "suspect 5"],
    dead: ["suspect 5", "dead 5", "dead 6"],
    left: ["suspect 5", "left 5", "left 6"],
  },
  dead: {
    alive: ["dead 5", "dead 5", "alive 6"],
    suspect: ["dead 5", "dead 5", "dead 5"],
    dead: ["dead 5", "dead 5", "dead 5"],
    left: ["dead 5", "dead 5", "dead 5"],
  },
  left: {
    alive: ["left 5", "left 5", "alive 6"],
    suspect: ["left 5", "left 5", "left 5"],
    dead: ["left 5", "left 5", "left 5"],
    left: ["left 5", "left 5", "left 5"],
  },
};

for (const held of states) {
  for (const said of states) {
    Deno.test(`a message that a node is ${said}, about one that is known as ${held}`, () => {
      for (const [i, incarnation] of [4, 5, 6].entries()) {
        const { swim } = startNode();
        hear(swim, saying("alive", 5));
        if (held !== "alive") hear(swim, saying(held, 5));
        assertEquals(viewOf(swim, "b"), `${held} 5`);
        hear(swim, saying(said, incarnation));
        assertEquals(viewOf(swim, "b"), outcomes[held][said][i], `incarnation ${incarnation}`);
      }
    });
  }
}

/** The actions for a message about us with incarnation 4, 5 and 6, when our incarnation is 5. */
const ownActions: Record<NodeState, Record<NodeState, readonly [string, string, string]>> = {
  alive: {
    alive: ["ignore", "ignore", "refute"],
    suspect: ["ignore", "refute", "refute"],
    dead: ["ignore", "refute", "refute"],
    left: ["ignore", "refute", "refute"],
  },
  suspect: {
    alive: ["ignore", "ignore", "refute"],
    suspect: ["ignore", "confirm", "confirm"],
    dead: ["ignore", "refute", "refute"],
    left: ["ignore", "refute", "refute"],
  },
  dead: {
    alive: ["ignore", "ignore", "refute"],
    suspect: ["ignore", "ignore", "ignore"],
    dead: ["ignore", "ignore", "ignore"],
    left: ["ignore", "ignore", "ignore"],
  },
  left: {
    alive: ["ignore", "ignore", "refute"],
    suspect: ["ignore", "ignore", "ignore"],
    dead: ["ignore", "ignore", "ignore"],
    left: ["ignore", "ignore", "ignore"],
  },
};

function decideOwn(known: Claim, message: Message): string {
  switch (message.type) {
    case "alive":
      return decideAlive(known, message.claim, { self: true });
    case "suspect":
      return decideSuspect(known, message, { self: true });
    case "dead":
      return decideDead(known, message, { self: true });
    default:
      throw new Error(message.type);
  }
}

for (const held of states) {
  for (const said of states) {
    Deno.test(`a message that we are ${said}, while we know ourselves as ${held}`, () => {
      for (const [i, incarnation] of [4, 5, 6].entries()) {
        const known = claimOf("b", { state: held, incarnation: 5 });
        const action = decideOwn(known, saying(said, incarnation));
        assertEquals(action, ownActions[held][said][i], `incarnation ${incarnation}`);
      }
    });
  }
}

Deno.test("an alive message about us with our incarnation is refuted if it differs", () => {
  const known = claimOf("b", { incarnation: 5, meta: Uint8Array.of(1) });
  const decide = (changes: Partial<Claim>) =>
    decideAlive(known, { ...known, ...changes }, { self: true });
  assertEquals(decide({ meta: Uint8Array.of(1) }), "ignore");
  assertEquals(decide({ meta: Uint8Array.of(2) }), "refute");
  assertEquals(decide({ meta: null }), "refute");
  assertEquals(decide({ versions: { ...versions } }), "ignore");
  assertEquals(decide({ versions: { ...versions, delegateCur: 4 } }), "refute");
  assertEquals(decide({ versions: null }), "refute");
});

Deno.test("our own alive message is accepted, unless we are leaving", () => {
  const known = claimOf("b", { incarnation: 5 });
  const update = claimOf("b", { incarnation: 6, meta: Uint8Array.of(1) });
  assertEquals(decideAlive(known, update, { self: true, own: true }), "accept");
  assertEquals(decideAlive(known, update, { self: true, own: true, leaving: true }), "ignore");
});

Deno.test("while we leave, alive messages about us are ignored, and dead ones accepted", () => {
  const known = claimOf("b", { incarnation: 5 });
  const claim = claimOf("b", { incarnation: 9 });
  assertEquals(decideAlive(known, claim, { self: true, leaving: true }), "ignore");
  const dead = { type: "dead", node: "b", incarnation: 5, from: "b" } as const;
  assertEquals(decideDead(known, dead, { self: true, leaving: true }), "accept");
});

Deno.test("a name at another address is a conflict, unless its node has left", () => {
  const actions = { alive: "conflict", suspect: "conflict", dead: "conflict", left: "accept" };
  for (const state of states) {
    for (const incarnation of [4, 5, 6]) {
      const known = claimOf("b", { state, incarnation: 5 });
      const claim = claimOf("b", { incarnation, address: addressOf("n9") });
      assertEquals(decideAlive(known, claim, { self: false }), actions[state]);
    }
  }
});

Deno.test("an alive message with impossible versions is malformed", () => {
  const known = claimOf("b", { incarnation: 5 });
  const wrong = [{ protocolMin: 0 }, { protocolMax: 0 }, { protocolMin: 4, protocolMax: 3 }];
  for (const change of wrong) {
    const claim = claimOf("b", { incarnation: 6, versions: { ...versions, ...change } });
    assertEquals(decideAlive(known, claim, { self: false }), "malformed");
  }
});
