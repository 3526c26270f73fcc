/**
 * The checksum of memberlist's `hasCrc` packets. It is computed here because Deno starts 20 ms later if it has to load
 * `node:zlib`.
 *
 * @module
 */

/** The polynomial of IEEE 802.3, with its bits reversed. */
const POLYNOMIAL = 0xedb88320;

/** The remainder of each byte value. */
const TABLE = remainders();

/** Those of powers of two, the highest first, give all others, in an eighth of the steps that bit by bit takes. */
function remainders(): Uint32Array {
  const table = new Uint32Array(256);
  let remainder = 1;
  for (let power = 128; power > 0; power >>= 1) {
    remainder = remainder & 1 ? remainder >>> 1 ^ POLYNOMIAL : remainder >>> 1;
    for (let byte = 0; byte < 256; byte += 2 * power) table[power + byte] = remainder ^ table[byte];
  }
  return table;
}

/** CRC-32 as in IEEE 802.3, gzip and zlib: an unsigned integer of 32 bits. */
export function crc32(bytes: Uint8Array): number {
  let remainder = 0xffff_ffff;
  for (let i = 0; i < bytes.length; i++) {
    remainder = remainder >>> 8 ^ TABLE[(remainder ^ bytes[i]) & 0xff];
  }
  return ~remainder >>> 0;
}
