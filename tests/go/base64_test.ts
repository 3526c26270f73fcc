import { assertEquals, assertThrows } from "@std/assert";
import { decodeBase64 } from "../../lib/go/base64.ts";

Deno.test("padded base64 is decoded, and line breaks are ignored", () => {
  const cases: [string, number[]][] = [
    ["", []],
    ["AQID", [1, 2, 3]],
    ["AQI=", [1, 2]],
    ["AQ==", [1]],
    ["A\r\nQ=\n=\n", [1]],
    ["//79", [255, 254, 253]],
    ["AR==", [1]],
  ];
  for (const [text, bytes] of cases) assertEquals([...decodeBase64(text)], bytes, text);
});

Deno.test("malformed base64 is refused with the offset that Go gives", () => {
  const cases: [string, number][] = [
    ["zz!", 2],
    ["!!", 0],
    ["A", 0],
    ["AA", 0],
    ["AAAAAAA", 4],
    ["AA\nA", 1],
    ["AA=", 3],
    ["AA=A", 2],
    ["AA\n=\nA", 4],
    ["A===", 1],
    ["=AAA", 0],
    ["AAA=A", 4],
    ["AAA==", 4],
    ["AA==\nA", 5],
    ["AA-_", 2],
    ["AQ==AQ==", 4],
    ["AAA\u00e9", 3],
  ];
  for (const [text, offset] of cases) {
    const error = assertThrows(() => decodeBase64(text), TypeError);
    assertEquals(error.message, `illegal base64 data at input byte ${offset}`, text);
  }
});
