/**
 * Damaged packets and streams, made from recorded ones. Whatever arrives, the decoders must answer with messages and
 * problems, or with a `DecodeError`, and must not produce more than their bounds allow.
 *
 * Every run uses another seed. A failure prints it; `FUZZ_SEED=… deno test …` repeats that run.
 *
 * @module
 */

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { DecodeError } from "../../lib/base/errors.ts";
import { Random } from "../../lib/sim/random.ts";
import { decodeMessage, encodeMessage } from "../../lib/wire/codec.ts";
import { decodeCoordinate } from "../../lib/wire/coordinate_codec.ts";
import type { Message, StreamMessage } from "../../lib/wire/messages.ts";
import { decodePacket, encodePacket } from "../../lib/wire/packet.ts";
import { decodeFilter, decodeSerf, encodeSerf } from "../../lib/wire/serf_codec.ts";
import { encodeStream, StreamDecodeError, StreamDecoder } from "../../lib/wire/stream.ts";
import { decodeTags } from "../../lib/wire/tags.ts";
import type { WireOptions } from "../../lib/wire/wire_options.ts";
import { capturedVectors, fromHex, readerRole, toHex } from "../wire/vectors.ts";

const PACKETS = 100_000;
const STREAMS = 20_000;

interface Sample {
  readonly bytes: Uint8Array;
  readonly options: WireOptions;
  readonly role: "dialler" | "server";
}

const plain: WireOptions = { compress: false };
const vectors = capturedVectors();

/** Recorded datagrams as they are, and their messages wrapped so that damage is not found by the outermost layer. */
const packets: Sample[] = vectors.filter(({ vector }) => vector.transport === "udp")
  .flatMap(({ vector, options }) => {
    const bytes = fromHex(vector.hex);
    const { messages } = decodePacket(bytes, options);
    const wrap = (compress: boolean) => encodePacket({ messages, crc: false }, { compress });
    return [
      { bytes, options, role: "server" as const },
      { bytes: wrap(false), options: plain, role: "server" as const },
      { bytes: wrap(true), options: plain, role: "server" as const },
    ];
  });

const streams: Sample[] = vectors.filter(({ vector }) => vector.transport === "tcp")
  .flatMap(({ vector, options }) => {
    const bytes = fromHex(vector.hex);
    const role = readerRole(vector);
    const message = new StreamDecoder(options, role).push(bytes)!;
    const wrap = (compress: boolean) => encodeStream(message, { compress }, "server");
    return [
      { bytes, options, role },
      { bytes: wrap(false), options: plain, role },
      { bytes: wrap(true), options: plain, role },
    ];
  });

/** A copy with one to four kinds of damage done to it. */
function damage(bytes: Uint8Array, samples: readonly Sample[], random: Random): Uint8Array {
  let damaged: Uint8Array = bytes.slice();
  for (let times = 1 + pick(4, random); times > 0; times--) {
    damaged = hurt(damaged, samples, random);
  }
  return damaged;
}

function hurt(bytes: Uint8Array, samples: readonly Sample[], random: Random): Uint8Array {
  const at = pick(bytes.length + 1, random);
  switch (pick(6, random)) {
    case 0: // flip a bit
      if (at < bytes.length) bytes[at] ^= 1 << pick(8, random);
      return bytes;
    case 1: // another byte
      if (at < bytes.length) bytes[at] = pick(256, random);
      return bytes;
    case 2: // cut off the end
      return bytes.subarray(0, at);
    case 3: // cut out the middle
      return join(bytes.subarray(0, at), bytes.subarray(at + pick(8, random)));
    case 4: // a length that is not there
      return join(bytes.subarray(0, at), fromHex("dbffffffff"), bytes.subarray(at + 5));
    default: { // the rest of another one
      const other = samples[pick(samples.length, random)].bytes;
      return join(bytes.subarray(0, at), other.subarray(pick(other.length, random)));
    }
  }
}

function pick(count: number, random: Random): number {
  return Math.floor(random.next() * count);
}

function join(...parts: Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Runs `attempt` on damaged samples; a failure says with what. */
function fuzz(
  samples: readonly Sample[],
  { count, attempt }: { count: number; attempt: (sample: Sample, random: Random) => void },
): void {
  const seed = Number(Deno.env.get("FUZZ_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  const random = new Random(seed);
  for (let i = 0; i < count; i++) {
    const sample = samples[pick(samples.length, random)];
    const bytes = damage(sample.bytes, samples, random);
    try {
      attempt({ ...sample, bytes }, random);
    } catch (cause) {
      throw new Error(`Failed at number ${i} with FUZZ_SEED=${seed}: ${toHex(bytes)}`, { cause });
    }
  }
}

/** Everything in the message that is decoded later, by others. */
function lookInside(message: Message | StreamMessage): void {
  switch (message.type) {
    case "user":
      tolerate(() => lookInsideSerf(message.body.bytes));
      break;
    case "push-pull":
      for (const { meta } of message.nodes) decodeTags(meta);
      tolerate(() => lookInsideSerf(message.userState?.bytes ?? new Uint8Array()));
      break;
    case "ack":
      tolerate(() => decodeCoordinate(message.payload ?? new Uint8Array()));
      break;
    case "alive":
      decodeTags(message.claim.meta);
  }
}

function lookInsideSerf(bytes: Uint8Array): void {
  const message = decodeSerf(bytes);
  const encoded = encodeSerf(message);
  assertEquals(toHex(encodeSerf(decodeSerf(encoded))), toHex(encoded));
  if (message.type === "query") {
    for (const filter of message.filters ?? []) tolerate(() => decodeFilter(filter));
  }
  if (message.type === "relay") tolerate(() => lookInsideSerf(message.message));
}

function tolerate(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
}

Deno.test("no damaged datagram makes the decoder throw, or say more than its bounds allow", () => {
  let decoded = 0;
  fuzz(packets, {
    count: PACKETS,
    attempt: ({ bytes, options }) => {
      const { messages, problems } = decodePacket(bytes, options);
      assertLessOrEqual(messages.length + problems.length, 4097);
      for (const message of messages) {
        lookInside(message);
        const encoded = encodeMessage(message);
        assertEquals(toHex(encodeMessage(decodeMessage(encoded))), toHex(encoded));
        decoded++;
      }
    },
  });
  assert(decoded > PACKETS / 4, `only ${decoded} messages survived: the damage is too great`);
});

Deno.test("no damaged stream makes the decoder fail otherwise than by its own error", () => {
  let decoded = 0;
  fuzz(streams, {
    count: STREAMS,
    attempt: ({ bytes, options, role }, random) => {
      const decoder = new StreamDecoder(options, role);
      const cut = pick(bytes.length + 1, random);
      try {
        const message = decoder.push(bytes.subarray(0, cut)) ?? decoder.push(bytes.subarray(cut));
        if (message === undefined) return;
        lookInside(message);
        decoded++;
      } catch (error) {
        if (!(error instanceof StreamDecodeError)) throw error;
      }
    },
  });
  assert(decoded > STREAMS / 50, `only ${decoded} messages survived: the damage is too great`);
});
