/**
 * The checksum of memberlist's `hasCrc` packets. It is computed here because Deno starts 20 ms later if it has to load
 * `node:zlib`.
 *
 * @module
 */

/** The polynomial of IEEE 802.3, with its bits reversed. */
const POLYNOMIAL = 0xedb88320;

/** The remainder of each byte value. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? remainder >>> 1 ^ POLYNOMIAL : remainder >>> 1;
  }
  return remainder;
});

/** CRC-32 as in IEEE 802.3, gzip and zlib: an unsigned integer of 32 bits. */
export function crc32(bytes: Uint8Array): number {
  let remainder = 0xffff_ffff;
  for (let i = 0; i < bytes.length; i++) {
    remainder = remainder >>> 8 ^ TABLE[(remainder ^ bytes[i]) & 0xff];
  }
  return ~remainder >>> 0;
}
