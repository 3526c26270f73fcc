import { assertEquals } from "@std/assert";
import type { Message } from "../../lib/wire/messages/messages.ts";
import { addressOf, blind, SerfNetwork } from "./serf_network.ts";

/** A Serf message that cannot be decoded. */
const garbage: Message = { type: "user", body: { bytes: Uint8Array.of(3, 0xc1) } };

Deno.test("a datagram of garbage causes one line", () => {
  const node = new SerfNetwork().start("self", blind);
  node.hearSwim(...Array<Message>(255).fill(garbage));
  assertEquals(node.logs("ERR").length, 1);
});

Deno.test("a host causes ten lines a second, and others may still speak", () => {
  const network = new SerfNetwork();
  const node = network.start("self", blind);
  for (let i = 0; i < 100; i++) node.hearSwim(garbage);
  assertEquals(node.logs("ERR").length, 10);
  node.core.receive(addressOf("other"), { messages: [garbage], crc: false });
  assertEquals(node.logs("ERR").length, 11);
  network.run(1_000);
  node.hearSwim(garbage);
  assertEquals(node.logs("ERR").length, 12);
});

Deno.test("of SWIM's layer, too, a datagram causes one line", () => {
  const node = new SerfNetwork().start("self", blind);
  const ping: Message = { type: "ping", sequence: 1, node: "another" };
  node.hearSwim(...Array<Message>(255).fill(ping), garbage);
  const warnings = node.all("log").filter(({ level }) => level === "WARN" || level === "ERR");
  assertEquals(warnings.map(({ text }) => text.split(":")[0]), ["memberlist", "serf"]);
});
