/** LZW: the encoder is compared with Go's bit for bit, the decoder reads all its output and refuses damaged input. */

import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { Random } from "../../../lib/sim/random.ts";
import { DecodeError } from "../../../lib/base/errors.ts";
import { lzwDecode, LzwDecoder, lzwEncode } from "../../../lib/wire/framing/lzw.ts";
import { fromBase64, fromHex, readVectors } from "../vectors.ts";

interface LzwVector {
  readonly name: string;
  readonly compressedHex?: string;
  readonly compressedBase64?: string;
  readonly decompressedHex?: string;
  readonly decompressedBase64?: string;
}

const LIMIT = 40 * 1024 * 1024;
/** The longest string that a code can stand for. */
const MAX_STRING = 4_096;

const vectors = readVectors<LzwVector>("lzw").map((vector) => ({
  name: vector.name,
  compressed: bytes(vector.compressedHex, vector.compressedBase64),
  decompressed: bytes(vector.decompressedHex, vector.decompressedBase64),
}));

function bytes(hex: string | undefined, base64: string | undefined): Uint8Array {
  return hex === undefined ? fromBase64(base64!) : fromHex(hex);
}

/** Packs codes by hand, each with its width. */
function pack(...codes: [code: number, width: number][]): Uint8Array {
  const bits = codes.map(([code, width]) =>
    [...code.toString(2).padStart(width, "0")].reverse().join("")
  ).join("");
  return Uint8Array.from(bits.match(/.{1,8}/g) ?? [], (octet) => {
    return parseInt([...octet.padEnd(8, "0")].reverse().join(""), 2);
  });
}

Deno.test("every recorded body is encoded bit for bit as Go does", () => {
  assertEquals(vectors.length, 41);
  for (const { name, compressed, decompressed } of vectors) {
    assertEquals(lzwEncode(decompressed), compressed, name);
  }
});

Deno.test("every recorded body decodes", () => {
  for (const { name, compressed, decompressed } of vectors) {
    assertEquals(lzwDecode(compressed, LIMIT), decompressed, name);
  }
});

Deno.test("encoded data decodes, at every length around the changes of width and the full table", () => {
  const random = new Random(1);
  const noise = Uint8Array.from({ length: 9000 }, () => random.below(256));
  const lengths = [0, 1, 2, 253, 254, 255, 256, 766, 767, 768, 1790, 1791, 1792];
  for (let length = 3836; length < 3844; length++) lengths.push(length, length * 2);
  for (const length of [...lengths, 9000]) {
    const input = noise.subarray(0, length);
    assertEquals(lzwDecode(lzwEncode(input), LIMIT), input, `${length} bytes`);
  }
});

Deno.test("the clear code at the start is optional, and may come anywhere", () => {
  assertEquals(lzwDecode(pack([97, 9], [98, 9], [257, 9]), LIMIT), Uint8Array.of(97, 98));
  const cleared = pack([97, 9], [256, 9], [256, 9], [97, 9], [258, 9], [257, 9]);
  assertEquals(lzwDecode(cleared, LIMIT), Uint8Array.of(97, 97, 97, 97));
});

Deno.test("bytes after the end code are ignored", () => {
  const input = fromHex("00010203");
  const padded = new Uint8Array([...lzwEncode(input), 1, 2, 3]);
  assertEquals(lzwDecode(padded, LIMIT), input);
});

Deno.test("data without an end code are refused at every length", () => {
  const { compressed } = vectors.find(({ name }) => name === "lzw/captured-25")!;
  for (let length = 0; length < compressed.length - 1; length++) {
    assertThrows(
      () => lzwDecode(compressed.subarray(0, length), LIMIT),
      DecodeError,
      "unexpected EOF",
    );
  }
});

Deno.test("a code that cannot be known yet is refused", () => {
  assertThrows(() => lzwDecode(pack([256, 9], [258, 9]), LIMIT), DecodeError, "lzw: invalid code");
  assertThrows(() => lzwDecode(pack([97, 9], [259, 9]), LIMIT), DecodeError, "lzw: invalid code");
});

Deno.test("a table that is full and not cleared stays as it is", () => {
  const codes: [number, number][] = [];
  let newest = 257;
  let width = 9;
  const add = (code: number) => {
    codes.push([code, width]);
    if (newest < 4095) newest++;
    if (newest === 1 << width && width < 12) width++;
  };
  for (let i = 0; i < 5000; i++) add(97 + i % 2);
  add(258);
  add(4095);
  add(257);
  const output = lzwDecode(pack(...codes), LIMIT);
  assertEquals(output.length, 5004);
  assertEquals(output.subarray(5000), fromHex("61626261"));
});

Deno.test("output of exactly the limit passes, and one byte more does not", () => {
  const compressed = lzwEncode(new Uint8Array(1000));
  assertEquals(lzwDecode(compressed, 1000).length, 1000);
  assertThrows(
    () => lzwDecode(compressed, 999),
    DecodeError,
    "decompressed message is larger than limit (999)",
  );
});

Deno.test("a bomb of a few kilobytes stops at the limit", () => {
  const bomb = lzwEncode(new Uint8Array(LIMIT + 1));
  assertEquals(bomb.length < 40_000, true);
  assertThrows(() => lzwDecode(bomb, LIMIT), DecodeError, "larger than limit (41943040)");
});

Deno.test("in steps of any size the decoder makes what it makes at once, a little at a time", () => {
  for (const { name, compressed, decompressed } of vectors) {
    for (const count of [1, 100, 5_000]) {
      const decoder = new LzwDecoder(compressed, { maxLength: LIMIT });
      for (let before = 0; !decoder.decode(count); before = decoder.output.length) {
        assertLessOrEqual(decoder.output.length - before, count + MAX_STRING);
        // Others decode in between.
        lzwDecode(compressed, LIMIT);
      }
      assertEquals(decoder.output, decompressed, name);
    }
  }
});

Deno.test("a step ends also where nothing but clears follows", () => {
  const decoder = new LzwDecoder(pack(...Array(100).fill([256, 9])), { maxLength: LIMIT });
  for (let i = 0; i < 10; i++) assertEquals(decoder.decode(10), false);
  assertThrows(() => decoder.decode(10), DecodeError);
});
