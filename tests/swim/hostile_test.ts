import { assertEquals, assertLessOrEqual } from "@std/assert";
import { Address } from "../../lib/base/address.ts";
import { encodeMessage } from "../../lib/wire/messages/message_codec.ts";
import type { Claim, Message, NodeState, Versions } from "../../lib/wire/messages/messages.ts";
import { addressOf, startNode, versions } from "./hand_world.ts";

/** Values at the edges, and some that are just wrong. */
const names = ["", "self", "n1", "n2", "__proto__", "\u0000", "ü".repeat(300)];
const numbers = [0, 1, 2, 3, 0x7fff_ffff, 0xffff_fffe, 0xffff_ffff];
const addresses = [
  addressOf("n1"),
  addressOf("self"),
  new Address(Uint8Array.of(0, 0, 0, 0), 0),
  new Address(new Uint8Array(16), 65_535),
  new Address(new Uint8Array(0), 7),
  new Address(new Uint8Array(5), 7),
];
const versionRows: (Versions | null)[] = [
  null,
  versions,
  { ...versions, protocolMin: 0 },
  { ...versions, protocolMin: 9 },
  { ...versions, protocolMax: 255, delegateMax: 0 },
];
const metas = [null, new Uint8Array(0), Uint8Array.of(255), new Uint8Array(2_000)];

class Chooser {
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  below(n: number): number {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return this.#seed % n;
  }

  from<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  claim(state: NodeState): Claim {
    return {
      node: this.from(names),
      incarnation: this.from(numbers),
      state,
      address: this.from(addresses),
      meta: this.from(metas),
      versions: this.from(versionRows),
    };
  }

  message(): Message {
    const node = this.from(names);
    const from = this.from(names);
    const sequence = this.from(numbers);
    const source = this.from([undefined, { address: this.from(addresses), node: from }]);
    switch (this.below(8)) {
      case 0:
        return { type: "ping", sequence, node, source };
      case 1: {
        const nack = this.below(2) === 0;
        const target = this.from(addresses);
        return { type: "indirect-ping", sequence, node, target, nack, source };
      }
      case 2:
        return { type: "ack", sequence, payload: this.from(metas) };
      case 3:
        return { type: "nack", sequence };
      case 4:
        return { type: "suspect", node, incarnation: this.from(numbers), from };
      case 5:
        return { type: "dead", node, incarnation: this.from(numbers), from };
      case 6:
        return { type: "user", body: { bytes: this.from(metas) ?? new Uint8Array(0) } };
      default:
        return { type: "alive", claim: this.claim("alive") };
    }
  }
}

Deno.test("no message makes a node throw, or send what cannot be encoded", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const chooser = new Chooser(seed);
    const { swim, world } = startNode({ seed, knows: ["n1", "n2"], peersAnswer: seed % 2 === 0 });
    for (let step = 0; step < 300; step++) {
      const messages = Array.from({ length: chooser.below(4) }, () => chooser.message());
      swim.receive(chooser.from(addresses), { messages, crc: false });
      if (chooser.below(5) === 0) {
        const nodes = Array.from(
          { length: chooser.below(5) },
          () => chooser.claim(chooser.from(["alive", "suspect", "dead", "left"])),
        );
        const join = chooser.below(2) === 0;
        swim.accept(addressOf("n1"), { type: "push-pull", join, nodes, userState: null });
      }
      world.run(chooser.below(700));
      for (const { message } of world.takeSent()) encodeMessage(message);
    }
    assertEquals(swim.claim("self")?.state, "alive", `seed ${seed}`);
    assertLessOrEqual(swim.size, names.length);
  }
});
