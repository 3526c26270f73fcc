/**
 * Recorded requests to agents, and the damage that is done to them.
 *
 * @module
 */

import { joinBytes } from "../../../lib/base/bytes.ts";
import type { Random } from "../../../lib/sim/random.ts";
import { request } from "../serve.ts";

interface RecordedExchange {
  readonly steps: readonly { readonly send?: string }[];
}

const { servers }: { servers: Record<string, { exchanges: RecordedExchange[] }> } = JSON.parse(
  Deno.readTextFileSync(new URL("../../vectors/rpc.json", import.meta.url)),
);

/** What clients have said in recorded conversations, each as one piece. */
export const requests: readonly Uint8Array[] = servers["0.9.4"].exchanges
  .map(({ steps }) => Uint8Array.fromHex(steps.map(({ send = "" }) => send).join("")))
  .filter(({ length }) => length > 0);

const handshake = request(1, "handshake", { Version: 1 });

/** So many bytes of each conversation are its handshake. */
export const HANDSHAKE_LENGTH = handshake.length;

/** Bytes that begin a value of a kind, most of them larger than what follows. */
const telling = [0x80, 0x8f, 0x9f, 0xa1, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xcb, 0xcf, 0xd3, 0xd9, 0xdb]
  .concat([0xdd, 0xdf, 0xff, 0x00, 0x7f]);

function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  const before = bytes.subarray(0, at);
  const other = requests[random.below(requests.length)];
  switch (random.below(6)) {
    case 0:
      return bytes.with(at, random.below(256));
    case 1:
      return bytes.with(at, telling[random.below(telling.length)]);
    case 2:
      return before;
    case 3:
      return joinBytes(before, bytes.subarray(at + 1 + random.below(8)));
    case 4:
      return joinBytes(before, Uint8Array.of(random.below(256)), bytes.subarray(at));
    default:
      return joinBytes(before, other.subarray(random.below(other.length)));
  }
}

/** One to three mutations; mostly the handshake is spared, or else little more than it would be tested. */
export function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  const spared = random.chance(0.8) ? HANDSHAKE_LENGTH : 0;
  let rest = bytes.subarray(spared);
  for (let n = random.below(3); n >= 0 && rest.length > 0; n--) rest = mutate(rest, random);
  return joinBytes(bytes.subarray(0, spared), rest);
}
