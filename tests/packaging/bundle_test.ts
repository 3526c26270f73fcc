import { assertEquals, assertThrows } from "@std/assert";
import { hideDynamicImports } from "../../lib/packaging/bundle.ts";
import { bundleMain } from "../support/our_builds.ts";

Deno.test("dynamic imports are hidden, in code and nowhere else", () => {
  const source = [
    `import{a}from"./a.js";import"./b.js";export{c}from"./c.js";`,
    'const url=import.meta.url,text=\'import("./no.js")\',quoted=`import("./no.js")`;',
    `/import\\("\\.\\/no\\.js"\\)/.test(text);// import("./no.js")`,
    'const d=await import("./d.js"),e=async()=>(await import("node:tls")).connect;',
    "const inner=`${await import('./e.js')} import('./no.js')`;",
  ].join("\n");
  const { script, imports } = hideDynamicImports(source);
  assertEquals(
    script,
    source.replace('import("./d.js")', 'import(["./d.js"][0])')
      .replace('import("node:tls")', 'import(["node:tls"][0])')
      .replace("import('./e.js')", 'import(["./e.js"][0])'),
  );
  assertEquals(imports, ["./a.js", "./b.js", "./c.js", "./d.js", "node:tls", "./e.js"]);
});

Deno.test("an import of a computed name cannot be hidden", () => {
  assertThrows(
    () => hideDynamicImports("const load=(name)=>import(name);"),
    Error,
    "Cannot hide import(name)",
  );
  assertThrows(() => hideDynamicImports("import(`./${name}.js`)"), Error, "Cannot hide import(`./");
});

Deno.test("of the bundle Deno reads at start what every command needs, and nothing else", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--no-config", "--json", bundleMain()],
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  const size = modules.reduce((sum: number, module: { size: number }) => sum + module.size, 0);
  const scripts = modules.map(({ specifier }: { specifier: string }) =>
    specifier.replace(/.*\/(chunk)?.*/, (_, chunk) => chunk ?? "main.js")
  );
  assertEquals(new Set(scripts), new Set(["main.js", "chunk"]));
  assertEquals(size < 15_000, true, `it reads ${size} bytes`);
});
