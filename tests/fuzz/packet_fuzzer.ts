/**
 * Datagrams: recorded ones with bytes or values changed, packed together, compressed and nested at random, and random bytes.
 *
 * @module
 */

import { assertLessOrEqual } from "@std/assert";
import type { Random } from "../../lib/sim/random.ts";
import { compress } from "../../lib/wire/framing/compression.ts";
import { crc32 } from "../../lib/wire/framing/crc32.ts";
import { decodePacket } from "../../lib/wire/framing/packet.ts";
import type { WireOptions } from "../../lib/wire/framing/wire_options.ts";
import { encodeMessage } from "../../lib/wire/messages/message_codec.ts";
import { MessageType } from "../../lib/wire/messages/messages.ts";
import { joinBytes } from "../../lib/base/bytes.ts";
import { damage, packets, plain } from "./damage.ts";
import { FuzzedNode, stranger } from "./fuzzed_node.ts";
import { type Fuzzer, type Target, timeOf } from "./fuzzer.ts";
import { mutateMessage } from "./value_tree.ts";

/** What a receiver takes of a datagram. */
const MOST_MESSAGES = 255;
const LONGEST_RANDOM = 1_400;
const LONGEST_DATAGRAM = 65_507;
/** Time that passes between two datagrams, at most. */
const PAUSE_MS = 5;

/** Recorded messages, each once. */
const messages: readonly Uint8Array[] = [
  ...new Map(
    packets.flatMap(({ bytes, options }) => decodePacket(bytes, options).messages)
      .map(encodeMessage).map((bytes) => [bytes.toHex(), bytes]),
  ).values(),
];

/** The receiving core. */
class PacketTarget implements Target {
  readonly #random: Random;
  #node: FuzzedNode;
  #bytes: Uint8Array = new Uint8Array();
  tookMs = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#node = new FuzzedNode(random.fork("node"));
  }

  get input(): string {
    return this.#bytes.toHex();
  }

  attempt(): void {
    const options = this.#draw();
    this.tookMs = timeOf(() => {
      const { messages, problems } = decodePacket(this.#bytes, options);
      assertLessOrEqual(messages.length, MOST_MESSAGES);
      assertLessOrEqual(problems.length, MOST_MESSAGES + 1);
      this.#node.core.receive(stranger, { messages, crc: false });
    });
    this.#node.pass(this.#random.below(PAUSE_MS));
    if (!this.#node.runs) this.#node = new FuzzedNode(this.#random.fork(this.input));
  }

  check(): void {
    this.#node.check();
  }

  /** Makes the next datagram, and returns how it is read. */
  #draw(): WireOptions {
    const random = this.#random;
    const kind = random.next();
    if (kind < 0.02) {
      this.#bytes = new Uint8Array(random.below(LONGEST_RANDOM)).map(() => random.below(256));
      return plain;
    }
    if (kind < 0.2) {
      const { bytes, options } = packets[random.below(packets.length)];
      this.#bytes = damage(bytes, packets, random);
      return options;
    }
    this.#bytes = wrap(this.#message(), random).subarray(0, LONGEST_DATAGRAM);
    return plain;
  }

  #message(depth = 0): Uint8Array {
    const random = this.#random;
    if (depth < 3 && random.chance(0.2)) {
      const parts = Array.from(
        { length: random.below(random.chance(0.005) ? 256 : 5) },
        () => this.#message(depth + 1),
      );
      return compound(parts, random);
    }
    const message = messages[random.below(messages.length)];
    return random.chance(0.9) ? mutateMessage(message, skipped(message), random) : message;
  }
}

/** A message's type byte, and Serf's behind that of a user message. */
function skipped(message: Uint8Array): number {
  return message[0] === MessageType.user ? 2 : 1;
}

function compound(parts: readonly Uint8Array[], random: Random): Uint8Array {
  const count = random.chance(0.05) ? random.below(256) : parts.length;
  const lengths = parts.map(({ length }) => random.chance(0.02) ? random.below(65_536) : length);
  return joinBytes(
    Uint8Array.of(MessageType.compound, count),
    Uint8Array.from(lengths.flatMap((length) => [length >> 8, length & 255])),
    ...parts,
  );
}

/** Compresses some, and adds a checksum to some. */
function wrap(message: Uint8Array, random: Random): Uint8Array {
  const compressed = random.chance(0.03) ? compress(message) : message;
  if (random.chance(0.97)) return compressed;
  const checksum = new Uint8Array(4);
  new DataView(checksum.buffer).setUint32(0, crc32(compressed));
  return joinBytes(Uint8Array.of(MessageType.hasCrc), checksum, compressed);
}

/** What `.github/SECURITY.md` promises of a datagram: less than 5 ms. */
export const packetFuzzer: Fuzzer = {
  name: "packets",
  limitMs: 5,
  create: (random) => new PacketTarget(random),
};
