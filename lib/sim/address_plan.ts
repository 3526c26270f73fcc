/**
 * Which address belongs to which place in the simulated network.
 *
 * Places are numbered; the number is written into the address itself (10.0.0.0/8), so that finding the receiver of a
 * packet takes no table.
 *
 * @module
 */

import { Address } from "../base/address.ts";

/** The port that all simulated nodes listen on. */
const PORT = 7946;

/** How many places there are. */
export const PLACES = 2 ** 24 - 2;

/** The address of a place; throws a `RangeError` beyond {@link PLACES}. */
export function addressOf(place: number): Address {
  if (!(place >= 0 && place < PLACES)) {
    throw new RangeError(`Cannot give out an address: place ${place} is not below ${PLACES}`);
  }
  const host = place + 1;
  return new Address(Uint8Array.of(10, host >> 16, (host >> 8) & 0xff, host & 0xff), PORT);
}

/** The place of an address in 4-byte or mapped form; -1 if it is none of ours. */
export function placeOf(address: Address): number {
  const ip = address.ip;
  const at = ip.length - 4;
  if ((at !== 0 && at !== 12) || ip[at] !== 10 || address.port !== PORT) return -1;
  return ((ip[at + 1] << 16) | (ip[at + 2] << 8) | ip[at + 3]) - 1;
}
