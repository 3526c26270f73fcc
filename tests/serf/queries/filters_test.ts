import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { compileExpression } from "../../../lib/go/regexp.ts";
import {
  checkQueryFilters,
  compileFilters,
  encodeFilters,
  needsExpressions,
  passesFilters,
} from "../../../lib/serf/queries/filters.ts";
import type { QueryParameters } from "../../../lib/api/query.ts";
import { encodeFilter } from "../../../lib/wire/messages/serf_codec.ts";
import { cpuTimeMs } from "../../support/cpu_time.ts";

type Tags = Readonly<Record<string, string>>;

/** Whether `web-1` with these tags passes. */
function passes(options: QueryParameters, tags: Tags = {}): boolean {
  return compileFilters(encodeFilters(options), compileExpression)("web-1", tags);
}

Deno.test("a query without filters is for all members", () => {
  assertEquals(encodeFilters({}), null);
  assertEquals(encodeFilters({ nodes: [], tags: {} }), null);
  assertEquals(passes({}), true);
  assertEquals(compileFilters([], compileExpression)("x", {}), true);
});

Deno.test("a node filter has exact names", () => {
  assertEquals(passes({ nodes: ["db-1", "web-1"] }), true);
  assertEquals(passes({ nodes: ["web-"] }), false);
});

Deno.test("a tag filter is found anywhere in the value", () => {
  assertEquals(passes({ tags: { role: "eb" } }, { role: "web" }), true);
  assertEquals(passes({ tags: { role: "^eb" } }, { role: "web" }), false);
  assertEquals(passes({ tags: { role: "^(web|db)$" } }, { role: "db" }), true);
});

Deno.test("a missing tag counts as the empty text", () => {
  assertEquals(passes({ tags: { role: "^$" } }), true);
  assertEquals(passes({ tags: { role: "." } }), false);
  assertEquals(passes({ tags: { constructor: "native" } }), false);
});

Deno.test("all filters must pass", () => {
  const options = { nodes: ["web-1"], tags: { role: "web", dc: "east" } };
  assertEquals(passes(options, { role: "web", dc: "east" }), true);
  assertEquals(passes(options, { role: "web", dc: "west" }), false);
  assertEquals(passes({ ...options, nodes: ["db-1"] }, { role: "web", dc: "east" }), false);
});

Deno.test("expressions match as in Go", () => {
  assertEquals(passes({ tags: { v: "^a$" } }, { v: "a\n" }), false);
  assertEquals(passes({ tags: { v: "^(?i)WEB" } }, { v: "web" }), true);
  assertEquals(passes({ tags: { v: "\\pL" } }, { v: "ä" }), true);
  assertEquals(passes({ tags: { v: "^.$" } }, { v: "ä" }), true);
  assertEquals(passes({ tags: { v: "\\Qa.b\\E" } }, { v: "xa.by" }), true);
  assertThrows(() => passes({ tags: { v: "(?=a)" } }), TypeError, "Perl syntax: `(?=`");
  assertThrows(() => passes({ tags: { v: "(a)\\1" } }), TypeError, "invalid escape sequence");
});

Deno.test("an expression that does not compile is reported in Serf's words", () => {
  assertThrows(
    () => passes({ tags: { role: "[" } }),
    TypeError,
    "failed to compile filter regex ([): error parsing regexp: missing closing ]: `[`",
  );
});

Deno.test("the check of a query's filters names the tag and the expression", () => {
  checkQueryFilters({}, compileExpression);
  checkQueryFilters({ nodes: ["["], tags: { role: "^web", dc: "" } }, compileExpression);
  assertThrows(
    () => checkQueryFilters({ tags: { dc: "east", role: "[" } }, compileExpression),
    TypeError,
    'Cannot send query: the filter for the tag "role" must be a regular expression in RE2 syntax: got "[" ' +
      "(error parsing regexp: missing closing ]: `[`)",
  );
  assertThrows(
    () => checkQueryFilters({ tags: { v: "a".repeat(1_401) } }, compileExpression),
    TypeError,
    "1401",
  );
});

Deno.test("an expression that takes long or nests deeply does no harm", () => {
  assertEquals(passes({ tags: { v: "^(x+x+)+y" } }, { v: "x".repeat(500) }), false);
  const deep = encodeFilter({ type: "tag", tag: "v", expression: "(".repeat(1_400) });
  assertThrows(
    () => compileFilters([deep], compileExpression),
    TypeError,
    "failed to compile filter regex",
  );
  const long = encodeFilter({ type: "tag", tag: "v", expression: "a".repeat(1_401) });
  assertThrows(
    () => compileFilters([long], compileExpression),
    RangeError,
    "it has 1401 characters",
  );
});

Deno.test("an expression that expands too far is refused before it is compiled", () => {
  const bombs = [
    `(?:${".*".repeat(440)}){1000}`,
    "(?i)" + "[B-\\x{1E942}]".repeat(90),
    "(?i)[" + "\\pL".repeat(400) + "]",
    "\\pL{1000}",
  ];
  for (const v of bombs) {
    const startedAt = cpuTimeMs();
    const message = "failed to compile filter regex: it would take too long";
    assertThrows(() => passes({ tags: { v } }), TypeError, message);
    assertThrows(() => checkQueryFilters({ tags: { v } }, compileExpression), TypeError, message);
    assertLess(cpuTimeMs() - startedAt, 50);
  }
  const several = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`t${i}`, "a{1,500}"]));
  assertThrows(() => passes({ tags: several }), TypeError, "it would take too long");
});

Deno.test("long expressions of every day still work", () => {
  assertEquals(passes({ tags: { v: "^a{1,100}$" } }, { v: "a".repeat(100) }), true);
  assertEquals(passes({ tags: { v: "^a{1,1000}$" } }, { v: "aaa" }), true);
  const names = Array.from({ length: 270 }, (_, i) => `w${i}`).join("|");
  assertEquals(passes({ tags: { v: `^(${names})$` } }, { v: "w269" }), true);
});

Deno.test("a query has at most 64 filters", () => {
  const filters = (count: number) => Array(count).fill(encodeFilters({ nodes: ["web-1"] })![0]);
  assertEquals(compileFilters(filters(64), compileExpression)("web-1", {}), true);
  assertThrows(
    () => compileFilters(filters(65), compileExpression),
    RangeError,
    "query has 65 filters",
  );
});

Deno.test("who is not asked by name spends nothing on expressions", () => {
  const filters = encodeFilters({ nodes: ["db-1"], tags: { v: "[" } })!.reverse();
  const spent: number[] = [];
  const use = { spend: (cost: number) => spent.push(cost) > 0, compile: compileExpression };
  assertEquals(passesFilters(filters, { name: "web-1", tags: {} }, use), false);
  assertEquals(spent, []);
  assertThrows(() => passesFilters(filters, { name: "db-1", tags: {} }, use), TypeError);
  assertEquals(spent.length, 2);
});

Deno.test("expressions are needed for tags, unless others are asked by name", () => {
  const needs = (options: QueryParameters) => needsExpressions(encodeFilters(options), "web-1");
  assertEquals(needs({}), false);
  assertEquals(needs({ nodes: ["web-1"] }), false);
  assertEquals(needs({ tags: { role: "web" } }), true);
  assertEquals(needs({ nodes: ["web-1"], tags: { role: "web" } }), true);
  assertEquals(needs({ nodes: ["db-1"], tags: { role: "web" } }), false);
  assertEquals(needsExpressions([Uint8Array.of(2, 0x80)], "web-1"), false);
  assertEquals(needsExpressions([new Uint8Array()], "web-1"), false);
});

Deno.test("the node filter is sent first", () => {
  const filters = encodeFilters({ tags: { a: "1", b: "2" }, nodes: ["x"] });
  assertEquals(filters?.map((filter) => filter[0]), [0, 1, 1]);
});

Deno.test("bytes that are not a filter are refused", () => {
  for (const filter of [Uint8Array.of(2, 0x80), Uint8Array.of(0, 0xc1)]) {
    assertThrows(() => compileFilters([filter], compileExpression));
  }
});

Deno.test("nobody passes an empty filter", () => {
  const name = encodeFilter({ type: "node", nodes: ["self"] });
  assertEquals(compileFilters([name], compileExpression)("self", {}), true);
  assertEquals(compileFilters([name, new Uint8Array()], compileExpression)("self", {}), false);
});

/** The filters of all queries that were captured from agents, as bytes in hex. */
function capturedFilters(): string[][] {
  const url = new URL("../../vectors/plain-compressed.json", import.meta.url);
  const found: string[][] = [];
  JSON.parse(Deno.readTextFileSync(url), (key, value) => {
    if (key === "Filters" && value !== null) {
      found.push(value.map((filter: { hex: string }) => filter.hex));
    }
    return value;
  });
  return found;
}

Deno.test("captured filters match the members that they matched for the agents, and are encoded the same", () => {
  const captured = capturedFilters();
  assertEquals(captured.length, 1);
  const options = { nodes: ["beta", "gamma"], tags: { role: "w.*" } };
  assertEquals(encodeFilters(options)?.map((filter) => filter.toHex()), captured[0]);
  const isMeant = compileFilters(
    captured[0].map((hex) => Uint8Array.fromHex(hex)),
    compileExpression,
  );
  assertEquals(isMeant("gamma", { role: "web" }), true);
  assertEquals(isMeant("beta", { role: "db" }), false);
  assertEquals(isMeant("alpha", { role: "web" }), false);
});
