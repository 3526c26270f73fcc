import { assertEquals } from "@std/assert";
import { goQuote } from "../../lib/go/quote.ts";

Deno.test("text is quoted as Go quotes it", () => {
  const cases: [string, string][] = [
    ["", '""'],
    ["plain text", '"plain text"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["\x07\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'],
    ["\x00\x1b\x7f", '"\\x00\\x1b\\x7f"'],
    ["caf\u00e9 \u4e16\u754c \u{1f600}", '"caf\u00e9 \u4e16\u754c \u{1f600}"'],
    ["\u0085\u00a0\u200b\ufeff", '"\\u0085\\u00a0\\u200b\\ufeff"'],
    ["\u{e0001}", '"\\U000e0001"'],
    ["\ud800", '"\ufffd"'],
    ["caf\udce9", '"caf\\xe9"'],
    ["constructor", '"constructor"'],
  ];
  for (const [text, quoted] of cases) assertEquals(goQuote(text), quoted);
});

Deno.test("bytes are quoted as UTF-8, and invalid ones in hex", () => {
  const cases: [number[], string][] = [
    [[0x61, 0x0a], '"a\\n"'],
    [[0xff, 0x61, 0x80], '"\\xffa\\x80"'],
    [[0xc3, 0xa9], '"\u00e9"'],
    [[0xc3], '"\\xc3"'],
    [[0xc3, 0x41], '"\\xc3A"'],
    [[0xe4, 0xb8, 0x96, 0xe4, 0xb8], '"\u4e16\\xe4\\xb8"'],
    [[0xed, 0xa0, 0x80], '"\\xed\\xa0\\x80"'],
    [[0xf0, 0x9f, 0x98, 0x80], '"\u{1f600}"'],
    [[0xef, 0xbf, 0xbd], '"\ufffd"'],
    [[0xef, 0xbb, 0xbf], '"\\ufeff"'],
  ];
  for (const [bytes, quoted] of cases) assertEquals(goQuote(Uint8Array.from(bytes)), quoted);
});
