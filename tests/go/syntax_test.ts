import { assertEquals } from "@std/assert";
import { goSyntax } from "../../lib/go/syntax.ts";

Deno.test("plain values print in Go syntax", () => {
  assertEquals(goSyntax(null), "<nil>");
  assertEquals(goSyntax(true), "true");
  assertEquals(goSyntax(0), "0");
  assertEquals(goSyntax(127), "127");
  assertEquals(goSyntax(128), "0x80");
  assertEquals(goSyntax(7946), "0x1f0a");
  assertEquals(goSyntax('a"b\n'), '"a\\"b\\n"');
});

Deno.test("bytes print as []byte alone and as []uint8 in a list", () => {
  const bytes = Uint8Array.of(0x70, 9, 0);
  assertEquals(goSyntax(bytes), "[]byte{0x70, 0x9, 0x0}");
  assertEquals(goSyntax(new Uint8Array()), "[]byte{}");
  assertEquals(goSyntax([bytes]), "[]interface {}{[]uint8{0x70, 0x9, 0x0}}");
});

Deno.test("lists and maps print in Go syntax, with the keys of a map sorted", () => {
  assertEquals(
    goSyntax([{ Tags: {}, Name: "n", Port: 1 }, { Tags: { b: "2", a: "1" } }]),
    '[]interface {}{map[interface {}]interface {}{"Name":"n", "Port":1, "Tags":map[interface {}]interface {}{}}, ' +
      'map[interface {}]interface {}{"Tags":map[interface {}]interface {}{"a":"1", "b":"2"}}}',
  );
  assertEquals(goSyntax([]), "[]interface {}{}");
});
