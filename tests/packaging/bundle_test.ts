import {
  assertEquals,
  assertGreater,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertThrows,
} from "@std/assert";
import { hideDynamicImports } from "../../lib/packaging/bundle.ts";
import { bundleFolder } from "../support/our_builds.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";

Deno.test("dynamic imports are hidden, in code and nowhere else", () => {
  const source = [
    `import{a}from"./a.js";import"./b.js";export{c}from"./c.js";`,
    'const url=import.meta.url,text=\'import("./no.js")\',quoted=`import("./no.js")`;',
    `/import\\("\\.\\/no\\.js"\\)/.test(text);// import("./no.js")`,
    'const d=await import("./d.js"),e=async()=>(await import("node:tls")).connect;',
    "const inner=`${await import('./e.js')} import('./no.js')`;",
  ].join("\n");
  assertEquals(
    hideDynamicImports(source),
    source.replace('import("./d.js")', 'import(["./d.js"][0])')
      .replace('import("node:tls")', 'import(["node:tls"][0])')
      .replace("import('./e.js')", 'import(["./e.js"][0])'),
  );
});

Deno.test("an import of a computed name cannot be hidden", () => {
  assertThrows(
    () => hideDynamicImports("const load=(name)=>import(name);"),
    Error,
    "Cannot hide import(name)",
  );
  assertThrows(() => hideDynamicImports("import(`./${name}.js`)"), Error, "Cannot hide import(`./");
});

/** How many variables the scripts of a bundle dispose of at the ends of their blocks. */
function disposalsIn(folder: string): number {
  const scripts = [...Deno.readDirSync(folder)].map(({ name }) =>
    Deno.readTextFileSync(`${folder}/${name}`)
  );
  return [...scripts.join("\n").matchAll(/\busing [\w$]+\s*=/g)].length;
}

Deno.test("minifying loses no `using`: it takes a variable that is used once for its value", () => {
  using directory = new TemporaryDirectory();
  const plain = directory.file("plain");
  const options = ["--quiet", "--platform", "browser", "--external", "node:*", "--code-splitting"];
  const { success } = new Deno.Command(Deno.execPath(), {
    args: ["bundle", ...options, "--outdir", plain, "main.ts"],
    cwd: new URL("../../", import.meta.url),
  }).outputSync();
  assertEquals(success, true);
  assertGreater(disposalsIn(plain), 20);
  assertEquals(disposalsIn(bundleFolder()), disposalsIn(plain));
});

/** What Deno reads before it runs a script of the bundle: names and sizes. */
async function readAtStart(script: string): Promise<{ names: string[]; size: number }> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--no-config", "--json", `${bundleFolder()}/${script}`],
  }).output();
  const modules: readonly { specifier: string; size?: number }[] =
    JSON.parse(new TextDecoder().decode(stdout)).modules;
  return {
    names: modules.map(({ specifier }) => specifier.slice(specifier.lastIndexOf("/") + 1)),
    size: modules.reduce((sum, { size = 0 }) => sum + size, 0),
  };
}

function scriptNames(): string[] {
  return [...Deno.readDirSync(bundleFolder())].map(({ name }) => name);
}

/** The script of the bundle whose name begins like this. */
function scriptNamed(start: string): string {
  return scriptNames().find((name) => name.startsWith(start)) ?? "";
}

Deno.test("every command reads the same scripts first, and these are small", async () => {
  const { names, size } = await readAtStart("main.js");
  assertEquals(new Set(names), new Set(["main.js", "base.js"]));
  assertLess(size, 11_000);
});

Deno.test("a bundle that may not read its scripts says so in one line", async () => {
  for (const args of [[], ["members"], ["agent"], ["bogus"]]) {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", "--no-prompt", `${bundleFolder()}/main.js`, ...args],
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    assertEquals([code, decoder.decode(stdout), decoder.decode(stderr)], [
      1,
      "",
      "Missing Deno permissions: start this command with --allow-read\n",
    ]);
  }
});

Deno.test("the version and the help of the agent read little more", async () => {
  for (const [start, most] of [["version-", 8_000], ["agent_help.", 20_000]] as const) {
    const { names, size } = await readAtStart(scriptNamed(start));
    assertEquals(names.some((name) => /^(shared\w*|commands|agent)\.js$/.test(name)), false);
    assertLess(size, most);
  }
});

Deno.test("a command that talks to an agent reads its own script and three more", async () => {
  for (const command of ["force_leave", "info", "join", "leave", "members", "metrics", "tags"]) {
    const own = scriptNamed(`${command}-`);
    const { names, size } = await readAtStart(own);
    assertEquals(new Set(names), new Set([own, "base.js", "shared.js", "commands.js"]));
    // A tenth more than there is.
    assertLess(size, 66_000);
  }
});

Deno.test("a command that needs what few others need reads that, too", async () => {
  for (
    const [command, most] of [["event", 1], ["keys", 2], ["monitor", 2], ["query", 3]] as const
  ) {
    const own = scriptNamed(`${command}-`);
    const { names, size } = await readAtStart(own);
    const usual = new Set([own, "base.js", "shared.js", "commands.js"]);
    assertEquals(usual.difference(new Set(names)), new Set());
    assertLessOrEqual(new Set(names).size, usual.size + most);
    assertLess(size, 77_000);
  }
});

Deno.test("only who asks why reads the texts of the answers, and nobody reads an agent for that", async () => {
  const { names, size } = await readAtStart(scriptNamed("why-"));
  assertEquals(names.includes("agent.js"), false);
  assertLess(size, 85_000);
  const explaining = scriptNames().filter((name) =>
    Deno.readTextFileSync(`${bundleFolder()}/${name}`).includes("has left by itself")
  );
  assertEquals(explaining.length, 1);
  assertMatch(explaining[0], /^chunk-/);
  assertEquals(names.includes(explaining[0]), true);
});

Deno.test("an agent starts without regular expressions, HTTP and node: modules", async () => {
  const { names, size } = await readAtStart("agent.js");
  const joined = ["base.js", "shared.js", "shared_by_few.js", "agent_help.js", "agent.js"];
  assertEquals(new Set(names), new Set(joined));
  // A tenth more than there is. RE2 alone has 150,000, the HTTP API 75,000.
  assertLess(size, 350_000);
  const text = names.map((name) => Deno.readTextFileSync(`${bundleFolder()}/${name}`)).join("\n");
  assertMatch(text, /Serf agent starting/);
  assertEquals(/missing closing \]|openapi/.test(text), false);
});

Deno.test("no script has a character for which V8 would keep it in twice the memory", () => {
  for (const { name } of Deno.readDirSync(bundleFolder())) {
    const text = Deno.readTextFileSync(`${bundleFolder()}/${name}`);
    const wide = [...text].filter((character) => character > "\xff");
    assertEquals(wide, [], name);
  }
});
