import { assertEquals } from "@std/assert";
import { Keyring } from "../../../lib/wire/framing/keyring.ts";
import { encodePacket } from "../../../lib/wire/framing/packet.ts";
import { packetOverhead, type WireOptions } from "../../../lib/wire/framing/wire_options.ts";

const keyring = new Keyring([new Uint8Array(16)]);

Deno.test("the overhead is what label and encryption really add to a packet", () => {
  const cases: [options: WireOptions, overhead: number][] = [
    [{ compress: false }, 0],
    [{ compress: false, label: "prod" }, 6],
    [{ compress: false, label: "é" }, 4],
    [{ compress: false, keyring }, 29],
    [{ compress: false, keyring, label: "prod" }, 35],
    [{ compress: false, keyring, verifyOutgoing: false }, 0],
  ];
  const packet = { messages: [{ type: "nack", sequence: 5 } as const], crc: false };
  const plain = encodePacket(packet, { compress: false });
  for (const [options, overhead] of cases) {
    assertEquals(packetOverhead(options), overhead);
    assertEquals(encodePacket(packet, options).length, plain.length + overhead);
  }
});
