/** Whole datagrams, through all layers of the packet pipeline. */

import { KeyringCipher } from "../../../lib/wire/framing/cipher.ts";
import { Keyring } from "../../../lib/wire/framing/keyring.ts";
import { messageLength } from "../../../lib/wire/messages/message_codec.ts";
import type { Message } from "../../../lib/wire/messages/messages.ts";
import { decodePacket, encodePacket } from "../../../lib/wire/framing/packet.ts";
import type { WireOptions } from "../../../lib/wire/framing/wire_options.ts";
import { claimOf, messageMakers } from "./samples.ts";
import type { Suite } from "./suite.ts";
import { callsPerSecond } from "./timing.ts";

const cipher = (length: number) => new KeyringCipher(new Keyring([new Uint8Array(length).fill(7)]));

const pipelines: Readonly<Record<string, WireOptions>> = {
  plain: { compress: false },
  compressed: { compress: true },
  "encrypted, 128 bits": { compress: false, cipher: cipher(16) },
  "encrypted, 192 bits": { compress: false, cipher: cipher(24) },
  "encrypted, 256 bits": { compress: false, cipher: cipher(32) },
  "compressed and encrypted, 256 bits": { compress: true, cipher: cipher(32) },
};

/** As much as fits into 1,400 bytes. */
function fullPacket(): Message[] {
  const messages: Message[] = [messageMakers.ping()];
  let room = 1_400 - 4 - messageLength(messages[0]);
  for (let i = 0;; i++) {
    const next: Message = i % 2 === 0 ? { type: "alive", claim: claimOf(i) } : messageMakers.user();
    room -= 2 + messageLength(next);
    if (room < 0) return messages;
    messages.push(next);
  }
}

/** Datagrams a second, for each way to protect them. */
export const packets: Suite = {
  name: "packets",
  run(report) {
    const packet = { messages: fullPacket(), crc: true };
    for (const [variant, options] of Object.entries(pipelines)) {
      const bytes = encodePacket(packet, options);
      const metric = (name: string, unit: string) => ({
        benchmark: "packets",
        variant: `${packet.messages.length} messages, ${variant}`,
        metric: name,
        unit,
      });
      report.add("ours", metric("size", "bytes"), bytes.length);
      report.add(
        "ours",
        metric("encode", "packets/s"),
        ...callsPerSecond(() => encodePacket(packet, options)),
      );
      report.add(
        "ours",
        metric("decode", "packets/s"),
        ...callsPerSecond(() => decodePacket(bytes, options)),
      );
    }
  },
};
