import { assertEquals } from "@std/assert";
import { decodeText, encodedLength, encodeText, escapedByte } from "../../lib/base/text.ts";
import { fromHex, toHex } from "../wire/vectors.ts";

Deno.test("valid UTF-8 is decoded as it is, with byte order marks and U+FFFD", () => {
  for (const text of ["", "web-1", "é", "\u{10ffff}😀", "\ufeffa", "\ufffd", "\ud800\udc80"]) {
    const bytes = new TextEncoder().encode(text);
    assertEquals(decodeText(bytes), text);
    assertEquals(encodeText(text), bytes);
    assertEquals(encodedLength(text), bytes.length);
  }
  assertEquals(toHex(encodeText("\ufeffcafé")), "efbbbf636166c3a9");
  assertEquals(decodeText(null), "");
});

Deno.test("each byte that is not UTF-8 becomes one unpaired surrogate", () => {
  const cases = [
    ["636166e9", "caf\udce9"],
    ["efbfbdff", "\ufffd\udcff"],
    ["c3a9c3", "é\udcc3"],
    ["c080", "\udcc0\udc80"], // overlong
    ["eda080", "\udced\udca0\udc80"], // a surrogate
    ["f4908080", "\udcf4\udc90\udc80\udc80"], // beyond U+10FFFF
    ["e282", "\udce2\udc82"], // cut off
    ["e28241", "\udce2\udc82A"],
    ["f09f9880f09f98", "😀\udcf0\udc9f\udc98"],
  ];
  for (const [hex, text] of cases) {
    assertEquals(decodeText(fromHex(hex)), text);
    assertEquals(toHex(encodeText(text)), hex);
    assertEquals(encodedLength(text), hex.length / 2);
  }
});

Deno.test("all bytes survive, alone, in pairs and in longer texts", () => {
  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < 256; second++) {
      for (const bytes of [[first], [first, second], [0xe2, first, second, 0x41]]) {
        assertEquals(encodeText(decodeText(Uint8Array.from(bytes))), Uint8Array.from(bytes));
      }
    }
  }
  const all = Uint8Array.from({ length: 1_024 }, (_, i) => i * 7);
  assertEquals(encodeText(decodeText(all)), all);
});

Deno.test("different bytes are different texts", () => {
  const texts = Array.from({ length: 128 }, (_, i) => decodeText(Uint8Array.of(0x61, 0x80 + i)));
  assertEquals(new Set(texts).size, 128);
});

Deno.test("a part of a larger input is decoded on its own", () => {
  const bytes = fromHex("61c3a962");
  assertEquals(decodeText(bytes, 1, 3), "é");
  assertEquals(decodeText(bytes, 0, 2), "a\udcc3");
  assertEquals(decodeText(bytes, 2), "\udca9b");
});

Deno.test("an unpaired surrogate that stands for no byte is encoded as U+FFFD", () => {
  assertEquals(toHex(encodeText("\ud800")), "efbfbd");
  assertEquals(toHex(encodeText("\udc7f\udd00")), "efbfbdefbfbd");
});

Deno.test("only the 128 escape characters stand for bytes", () => {
  assertEquals(escapedByte("\udc80"), 0x80);
  assertEquals(escapedByte("\udcff"), 0xff);
  for (const text of ["\udc7f", "\udd00", "\ud800\udc80", "a", ""]) {
    assertEquals(escapedByte(text), undefined);
  }
});

Deno.test("a long text without any valid part survives", () => {
  const bytes = new Uint8Array(2 ** 18).fill(0xff);
  assertEquals(encodeText(decodeText(bytes)), bytes);
});
