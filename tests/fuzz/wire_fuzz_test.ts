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
import { decodeMessage, encodeMessage } from "../../lib/wire/messages/message_codec.ts";
import { decodeCoordinate } from "../../lib/wire/messages/coordinate.ts";
import type { Message, StreamMessage } from "../../lib/wire/messages/messages.ts";
import { decodePacket } from "../../lib/wire/framing/packet.ts";
import { decodeFilter, decodeSerf, encodeSerf } from "../../lib/wire/messages/serf_codec.ts";
import { StreamDecodeError, StreamDecoder } from "../../lib/wire/framing/stream.ts";
import { decodeTags } from "../../lib/wire/messages/tags.ts";
import { toHex } from "../wire/vectors.ts";
import { damage, packets, type Sample, streams } from "./damage.ts";

const PACKETS = 100_000;
const STREAMS = 20_000;

/** Runs `attempt` on damaged samples; a failure says with what. */
function fuzz(
  samples: readonly Sample[],
  { count, attempt }: { count: number; attempt: (sample: Sample, random: Random) => void },
): void {
  const seed = Number(Deno.env.get("FUZZ_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  const random = new Random(seed);
  for (let i = 0; i < count; i++) {
    const sample = samples[random.below(samples.length)];
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
      const cut = random.below(bytes.length + 1);
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
