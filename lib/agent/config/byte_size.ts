/**
 * Sizes as people write them.
 *
 * @module
 */

/** Bytes in each unit. */
const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** How many bytes a text such as `256MB`, `1.5GiB` or `1048576` stands for. Throws a `RangeError` for any other. */
export function parseByteSize(text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number || NaN) * (UNITS[unit.toLowerCase()] ?? NaN));
  if (bytes > 0) return bytes;
  throw new RangeError(`got ${JSON.stringify(text)}, expected a size such as 256MB`);
}
