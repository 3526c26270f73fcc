/**
 * Decodes and encodes again everything that was recorded from real agents.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Message, PushPull, StreamMessage } from "../../lib/wire/messages/messages.ts";
import { decodePacket, encodePacket } from "../../lib/wire/framing/packet.ts";
import { decodeSerf, encodeSerf } from "../../lib/wire/messages/serf_codec.ts";
import { encodeStream, StreamDecoder } from "../../lib/wire/framing/stream.ts";
import { decodeTags, encodeTags } from "../../lib/wire/messages/tags.ts";
import type { WireOptions } from "../../lib/wire/framing/wire_options.ts";
import { describe } from "./describe.ts";
import {
  capturedVectors,
  findLayer,
  fromHex,
  messageDescriptions,
  readerRole,
  toHex,
  type Vector,
} from "./vectors.ts";

const vectors = capturedVectors();
const datagrams = vectors.filter(({ vector }) => vector.transport === "udp");
const streams = vectors.filter(({ vector }) => vector.transport === "tcp");

Deno.test("every recorded datagram decodes to what its description says", () => {
  assertEquals(datagrams.length, 232);
  for (const { vector, options } of datagrams) {
    const { messages, problems } = decodePacket(fromHex(vector.hex), options);
    assertEquals(problems, [], vector.name);
    assertEquals(messages.map(describe), messageDescriptions(vector.decoded), vector.name);
  }
});

Deno.test("every recorded datagram is encoded again byte for byte", () => {
  for (const { vector, options } of datagrams) {
    const messages = decodePacket(fromHex(vector.hex), options).messages.map(rebuild);
    const crc = findLayer(vector.decoded, "crc32") !== undefined;
    const encoded = encodePacket({ messages, crc }, unencrypted(options));
    assertEquals(toHex(encoded), plainHex(vector), vector.name);
  }
});

Deno.test("every recorded stream decodes to what its description says", () => {
  assertEquals(streams.length, 37);
  for (const { vector, options } of streams) {
    const descriptions = [describe(readStream(vector, options))];
    assertEquals(descriptions, messageDescriptions(vector.decoded), vector.name);
  }
});

Deno.test("every recorded stream is encoded again byte for byte", () => {
  for (const { vector, options } of streams) {
    const message = rebuildStream(readStream(vector, options));
    const encoded = encodeStream(message, unencrypted(options), "dialler");
    assertEquals(toHex(encoded), plainHex(vector), vector.name);
  }
});

Deno.test("every recorded stream decodes alike however it is cut", () => {
  for (const { vector, options } of streams) {
    const bytes = fromHex(vector.hex);
    const whole = readStream(vector, options);
    for (const size of [1, 2, 3, 7, 100]) {
      const decoder = new StreamDecoder(options, readerRole(vector));
      let message: StreamMessage | undefined;
      for (let i = 0; i < bytes.length; i += size) {
        assertEquals(message, undefined, `${vector.name}: complete too early`);
        message = decoder.push(bytes.subarray(i, i + size));
      }
      assertEquals(message, whole, `${vector.name} in chunks of ${size}`);
    }
  }
});

Deno.test("tags are encoded again byte for byte", () => {
  let count = 0;
  for (const { vector, options } of datagrams) {
    for (const message of decodePacket(fromHex(vector.hex), options).messages) {
      if (message.type !== "alive" || message.claim.meta === null) continue;
      const { meta } = message.claim;
      const protocol = meta[0] === 0xff ? 3 : 2;
      assertEquals(encodeTags(decodeTags(meta), protocol), meta, vector.name);
      count++;
    }
  }
  assert(count > 50, `only ${count} alive messages`);
});

function readStream(vector: Vector, options: WireOptions): StreamMessage {
  const message = new StreamDecoder(options, readerRole(vector)).push(fromHex(vector.hex));
  assert(message !== undefined, `${vector.name}: incomplete`);
  return message;
}

/** A copy that shares no encoding with the original, its inside decoded and encoded again. */
function rebuild(message: Message): Message {
  switch (message.type) {
    case "alive":
      return { type: "alive", claim: { ...message.claim } };
    case "user":
      return { type: "user", body: rebuildSerf(message.body) };
    default:
      return { ...message };
  }
}

function rebuildStream(message: StreamMessage): StreamMessage {
  if (message.type !== "push-pull") return message;
  return {
    ...message,
    userState: message.userState && rebuildSerf(message.userState),
  } satisfies PushPull;
}

function rebuildSerf({ bytes }: { bytes: Uint8Array }): { bytes: Uint8Array } {
  return { bytes: encodeSerf(decodeSerf(bytes)) };
}

/** Encryption has a random nonce: compare what it hides. */
function unencrypted({ compress, label, cipher }: WireOptions): WireOptions {
  return cipher === undefined ? { compress, label } : { compress };
}

function plainHex(vector: Vector): string {
  if (vector.key === undefined) return vector.hex;
  return vector.plaintextHex ?? findLayer(vector.decoded, "plaintextHex")?.plaintextHex as string;
}
