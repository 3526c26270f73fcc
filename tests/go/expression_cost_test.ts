import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { expressionCost } from "../../lib/go/expression_cost.ts";

Deno.test("expressions of every day cost little", () => {
  for (const expression of ["", "^(web|db)$", "a.*b", "^10\\.\\d{1,3}\\.", "(?i)^web-[0-9]+$"]) {
    assertLess(expressionCost(expression), 200, expression);
  }
  const names = Array.from({ length: 200 }, (_, i) => `web-${i}`).join("|");
  assertLess(expressionCost(`^(${names})$`), 4_000);
});

Deno.test("a repetition costs as much as its copies, and nested ones multiply", () => {
  assertEquals(expressionCost("a{100}"), 200);
  assertEquals(expressionCost("a{1,100}"), 200);
  assertEquals(expressionCost("a{100,}"), 200);
  assertEquals(expressionCost("a{x}"), 4);
  assertGreater(expressionCost("((a{10}){10}){10}"), 1_000);
  assertGreater(expressionCost("(((a{10}){10}){10}){10}"), 10_000);
  assertGreater(expressionCost(`(?:${".*".repeat(440)}){1000}`), 500_000);
});

Deno.test("no quoting, class, escape or group hides a repetition", () => {
  const hidden = [
    "\\Q[\\E",
    "[]\\]]",
    "[^]]",
    "[[:alpha:]]",
    "\\[",
    "\\x{5b}",
    "()",
    ")",
    "[a\\Q]",
  ];
  for (const before of hidden) {
    assertGreater(expressionCost(`${before}(?:.*.*){1000}`), 8_000, before);
  }
  assertGreater(expressionCost("((?:.*.*){1000}"), 8_000);
});

Deno.test("tables of Unicode cost more, and most of all if case is ignored", () => {
  assertGreater(expressionCost("\\pL".repeat(20)), 4_000);
  assertGreater(expressionCost("\\pL{1000}"), 30_000);
  assertGreater(expressionCost("(?i)" + "[\\pL]".repeat(5)), 4_000);
  assertGreater(expressionCost("(?s-i)[B-\\x{1E942}]"), 10_000);
  assertLess(expressionCost("[B-\\x{1E942}]"), 100);
  assertLess(expressionCost("(?i)[а-я]"), 100);
});

Deno.test("copies cost more on a long text", () => {
  assertEquals(expressionCost("a{100}", 64), 200);
  assertEquals(expressionCost("a{100}", 640), 2_000);
});
