/**
 * The addresses of the simulated network, 10.0.0.0/8.
 *
 * Each address has a number, its slot, which can be computed from the address, so that finding the receiver of a packet
 * takes no table.
 *
 * @module
 */

import { Address } from "../base/address.ts";

/** The port that all simulated nodes listen on. */
const PORT = 7946;

/** How many addresses there are. */
export const SLOTS = 2 ** 24 - 2;

/** The address of a slot; throws a `RangeError` beyond {@link SLOTS}. */
export function addressOf(slot: number): Address {
  if (!(slot >= 0 && slot < SLOTS)) {
    throw new RangeError(`Cannot give out an address: slot ${slot} is not below ${SLOTS}`);
  }
  const host = slot + 1;
  return new Address(Uint8Array.of(10, host >> 16, (host >> 8) & 0xff, host & 0xff), PORT);
}

/** The slot of an address in 4-byte or mapped form; -1 if it is not in the simulated network. */
export function slotOf(address: Address): number {
  const ip = address.ip;
  const at = ip.length - 4;
  if ((at !== 0 && at !== 12) || ip[at] !== 10 || address.port !== PORT) return -1;
  return ((ip[at + 1] << 16) | (ip[at + 2] << 8) | ip[at + 3]) - 1;
}
