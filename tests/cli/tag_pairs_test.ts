import { assertEquals, assertThrows } from "@std/assert";
import { parseTagPairs } from "../../lib/cli/tag_pairs.ts";

Deno.test("a pair is split at its first equals sign, and the last pair of a key wins", () => {
  assertEquals(parseTagPairs(["a=1", "b=x=y", "c=", "a=2"]), { a: "2", b: "x=y", c: "" });
  assertEquals(parseTagPairs([]), {});
});

Deno.test("a pair without an equals sign or without a key is named", () => {
  for (const pair of ["x", "=v", "", "="]) {
    const { message } = assertThrows(() => parseTagPairs(["a=1", pair]), TypeError);
    assertEquals(message, `Invalid tag: '${pair}'`);
  }
});
