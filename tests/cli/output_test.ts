import { assertEquals } from "@std/assert";
import { formatColumns } from "../../lib/cli/output.ts";

Deno.test("columns are as wide as their longest cell, and the last cell of a row is not padded", () => {
  assertEquals(
    formatColumns(["alpha|127.0.0.20:7946|alive|role=web", "b|127.0.0.2:1|left|"]),
    "alpha  127.0.0.20:7946  alive  role=web\nb      127.0.0.2:1      left   ",
  );
});

Deno.test("cells are trimmed of all Unicode white space", () => {
  assertEquals(
    formatColumns(["failed: | n1 |\u00a0no key\u0085", "a|b|c"]),
    [
      "failed:  n1  no key",
      "a        b   c",
    ].join("\n"),
  );
});

Deno.test("a bar inside a value makes a further column", () => {
  assertEquals(formatColumns(["a|b|c", "x|y"]), "a  b  c\nx  y");
});

Deno.test("width counts code points, not bytes or UTF-16 units", () => {
  assertEquals(formatColumns(["é😀|1", "abc|2"]), "é😀   1\nabc  2");
});

Deno.test("no rows give an empty text", () => {
  assertEquals(formatColumns([]), "");
});
