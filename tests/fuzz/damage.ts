/**
 * Recorded packets and streams, and the damage that is done to them.
 *
 * @module
 */

import { joinBytes } from "../../lib/base/bytes.ts";
import type { Random } from "../../lib/sim/random.ts";
import { decodePacket, encodePacket } from "../../lib/wire/framing/packet.ts";
import { encodeStream, StreamDecoder } from "../../lib/wire/framing/stream.ts";
import type { WireOptions } from "../../lib/wire/framing/wire_options.ts";
import { capturedVectors, fromHex, readerRole } from "../wire/vectors.ts";

/** One recording, and how it is read. */
export interface Sample {
  readonly bytes: Uint8Array;
  readonly options: WireOptions;
  readonly role: "dialler" | "server";
}

export const plain: WireOptions = { compress: false };
const vectors = capturedVectors();

/** Recorded datagrams as they are, and their messages wrapped so that damage is not found by the outermost layer. */
export const packets: readonly Sample[] = vectors.filter(({ vector }) => vector.transport === "udp")
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

export const streams: readonly Sample[] = vectors.filter(({ vector }) => vector.transport === "tcp")
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
export function damage(bytes: Uint8Array, samples: readonly Sample[], random: Random): Uint8Array {
  let damaged: Uint8Array = bytes.slice();
  for (let times = 1 + random.below(4); times > 0; times--) {
    damaged = hurt(damaged, samples, random);
  }
  return damaged;
}

function hurt(bytes: Uint8Array, samples: readonly Sample[], random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  switch (random.below(6)) {
    case 0: // flip a bit
      if (at < bytes.length) bytes[at] ^= 1 << random.below(8);
      return bytes;
    case 1: // another byte
      if (at < bytes.length) bytes[at] = random.below(256);
      return bytes;
    case 2: // cut off the end
      return bytes.subarray(0, at);
    case 3: // cut out the middle
      return joinBytes(bytes.subarray(0, at), bytes.subarray(at + random.below(8)));
    case 4: // a length that is not there
      return joinBytes(bytes.subarray(0, at), fromHex("dbffffffff"), bytes.subarray(at + 5));
    default: { // the rest of another one
      const other = samples[random.below(samples.length)].bytes;
      return joinBytes(bytes.subarray(0, at), other.subarray(random.below(other.length)));
    }
  }
}
