import { assertEquals } from "@std/assert";
import { formatJson, toJson } from "../../lib/go/format_json.ts";

Deno.test("objects keep their order and maps are sorted, both with two spaces of indentation", () => {
  const value = {
    b: [1, null, "x"],
    a: new Map([["10", "ten"], ["9", "nine"], ["B", "b"], ["a", "a"]]),
  };
  assertEquals(
    formatJson(value),
    `{
  "b": [
    1,
    null,
    "x"
  ],
  "a": {
    "10": "ten",
    "9": "nine",
    "B": "b",
    "a": "a"
  }
}`,
  );
});

Deno.test("empty objects and lists stay on one line", () => {
  assertEquals(
    formatJson({ list: [], map: new Map(), object: {} }),
    [
      "{",
      '  "list": [],',
      '  "map": {},',
      '  "object": {}',
      "}",
    ].join("\n"),
  );
  assertEquals(formatJson([]), "[]");
});

Deno.test("text is escaped as Go does it, in keys and in values", () => {
  const cases: [string, string][] = [
    ["<a & b>", '"\\u003ca \\u0026 b\\u003e"'],
    ["\u2028\u2029", '"\\u2028\\u2029"'],
    ['\n\r\t"\\', '"\\n\\r\\t\\"\\\\"'],
    ["\b\f\x00\x1f\x7f", '"\\u0008\\u000c\\u0000\\u001f\x7f"'],
    ["\\b\\f\\\\b", '"\\\\b\\\\f\\\\\\\\b"'],
    ["\ufffd", '"\ufffd"'],
    ["é😀/", '"é😀/"'],
  ];
  for (const [text, json] of cases) {
    assertEquals(formatJson(text), json);
    assertEquals(formatJson(new Map([[text, text]])), `{\n  ${json}: ${json}\n}`);
    assertEquals(JSON.parse(formatJson(text)), text);
  }
});

Deno.test("a byte that is not UTF-8 is written as the escape of U+FFFD", () => {
  assertEquals(
    toJson(["caf\udce9", "\\\udce9\udce8😀", "\\udce9 <"]),
    '["caf\\ufffd","\\\\\\ufffd\\ufffd😀","\\\\udce9 <"]',
  );
  assertEquals(formatJson("caf\udce9"), '"caf\\ufffd"');
  assertEquals(formatJson("\\\udce9\udce8😀"), '"\\\\\\ufffd\\ufffd😀"');
});
