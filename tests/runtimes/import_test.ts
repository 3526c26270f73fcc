/** The library in a program that knows nothing of our configuration. */

import { assertEquals, assertGreater } from "@std/assert";
import { TemporaryDirectory } from "../support/temporary_directory.ts";

const { exports } = JSON.parse(Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)));

/** All entry points but the program's, which is run and not imported: on JSR it has its configuration with it. */
const entries = Object.keys(exports).filter((entry) => entry !== "./cli");

/** The address of an entry point. */
function address(entry: string): string {
  return new URL(`../../${exports[entry]}`, import.meta.url).href;
}

/** Runs Deno in an empty folder that has a program, with what comes before the program's name. */
async function deno(program: string, ...args: readonly string[]): Promise<string> {
  using folder = new TemporaryDirectory();
  folder.write({ "program.ts": program });
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args, "--no-config", "--no-lock", "program.ts"],
    cwd: folder.path,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const [printed, complaints] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(success, true, `${program}\n${printed}\n${complaints}`);
  return printed;
}

/** What `deno info` says of a module. */
interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier: string };
    readonly isDynamic?: boolean;
  }[];
}

/** The packages and `node:` modules that an entry point loads at once. */
async function loadedAtOnce(entry: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", address(entry)],
  }).output();
  const { modules }: { modules: readonly ModuleInfo[] } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const found = new Set([address(entry)]);
  for (const specifier of found) {
    for (const { code, isDynamic } of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (code !== undefined && !isDynamic) found.add(code.specifier);
    }
  }
  assertGreater(found.size, 30);
  return [...found].filter((specifier) => !specifier.startsWith("file:"));
}

Deno.test("no node: module, and no cryptography, is loaded before it is needed", async () => {
  const [library, client] = await Promise.all([".", "./client"].map(loadedAtOnce));
  assertEquals(library.map((specifier) => specifier.replace(/@.*/, "")), ["npm:re2js"]);
  assertEquals(client, []);
});

Deno.test("a program in an empty folder imports all of the library, without configuration", async () => {
  const program = `
    ${
    entries.map((entry, i) => `import * as entry${i} from "${address(entry)}";`)
      .join("\n")
  }
    const { Serf } = entry0;
    // A key of 24 bytes and an expression take all packages.
    await using serf = await Serf.create({
      name: "a",
      bind: "127.0.0.1:0",
      encryptKey: btoa("0123456789abcdef01234567"),
    });
    const query = serf.query("load", null, { tags: { role: "web.*" }, timeoutMs: 10 });
    console.log((await query.collect()).responses.length);
  `;
  const [printed] = await Promise.all([deno(program, "run", "-A"), deno(program, "check")]);
  assertEquals(printed, "0\n");
});
