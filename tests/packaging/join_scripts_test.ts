import { assertEquals, assertThrows } from "@std/assert";
import { init } from "es-module-lexer";
import { importsOf, joinScripts } from "../../lib/packaging/join_scripts.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";

await init();

/** Minified scripts that note the order in which they run, and use the same names for different things. */
const scripts = new Map([
  [
    "main.js",
    '#!/usr/bin/env deno\nimport{a as n,b as r}from"./chunk-B.js";import"./chunk-D.js";' +
    'var e=r(3);globalThis.result=[n,e,globalThis.order];globalThis.late=()=>import("./late.js");\n',
  ],
  [
    "chunk-A.js",
    'globalThis.order=["A"];var t=2;function e(n){return n*t}export{t as a,e as b};\n',
  ],
  [
    "chunk-B.js",
    'import{a as e,b as t}from"./chunk-A.js";import{a as o}from"./chunk-C.js";' +
    'globalThis.order.push("B");var n=e+o.x,r=i=>t(i);export{n as a,r as b};',
  ],
  ["chunk-C.js", 'import"./chunk-A.js";globalThis.order.push("C");var e={x:40};export{e as a};'],
  ["chunk-D.js", 'globalThis.order.push("D");'],
  ["late.js", 'import{b as e}from"./chunk-A.js";export default e(21);'],
]);

/** What the scripts leave when they run as files. */
async function run(scripts: ReadonlyMap<string, string>): Promise<unknown> {
  using directory = new TemporaryDirectory();
  directory.write(Object.fromEntries(scripts));
  const last = "const late=(await globalThis.late()).default;";
  directory.write({
    "check.js": `import"./main.js";${last}console.log(JSON.stringify([result,late]));`,
  });
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", directory.file("check.js")],
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("joined scripts do the same, in the same order", async () => {
  const expected = [[42, 6, ["A", "C", "B", "D"]], 42];
  assertEquals(await run(scripts), expected);
  for (
    const groups of [
      { "all.js": ["chunk-B.js", "chunk-D.js", "chunk-C.js", "chunk-A.js"] },
      { "first.js": ["chunk-A.js"], "second.js": ["chunk-B.js", "chunk-C.js"] },
      { "upper.js": ["chunk-B.js", "chunk-D.js"], "lower.js": ["chunk-C.js"] },
    ]
  ) {
    const joined = joinScripts(scripts, new Map(Object.entries(groups)));
    assertEquals(await run(joined), expected, JSON.stringify(groups));
    const left = [...scripts.keys()].filter((name) => !Object.values(groups).flat().includes(name));
    assertEquals(new Set(joined.keys()), new Set([...left, ...Object.keys(groups)]));
  }
});

Deno.test("a joined script is imported from its group alone", () => {
  const joined = joinScripts(scripts, new Map([["all.js", ["chunk-A.js", "chunk-C.js"]]]));
  assertEquals(importsOf(joined.get("main.js") ?? ""), ["chunk-B.js", "chunk-D.js"]);
  assertEquals(importsOf(joined.get("chunk-B.js") ?? ""), ["all.js"]);
  assertEquals(importsOf(joined.get("all.js") ?? ""), []);
});

Deno.test("what cannot be joined is refused", () => {
  const join = (script: string) =>
    joinScripts(new Map([["a.js", script]]), new Map([["all.js", ["a.js"]]]));
  for (const script of ['import{a}from"node:fs";', "export default 1;", 'export*from"node:fs";']) {
    assertThrows(() => join(script), Error, "Cannot join a.js");
  }
  assertThrows(() => join('import a from"./b.js";'), Error, "Cannot take apart import a from");
  assertThrows(
    () => join('import*as a from"./b.js";'),
    Error,
    "Cannot take apart import*as a from",
  );
});
