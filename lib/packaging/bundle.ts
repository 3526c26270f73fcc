/**
 * Builds the bundle of the program: `deno task bundle`.
 *
 * `deno bundle` splits the program into scripts that import each other when they are needed. Before anything runs, however,
 * Deno reads and analyses every script that it finds in an `import("./x.js")`, all commands and the HTTP API among them.
 * So this rewrites those imports into a form that Deno follows only when it gets there. It then needs permission to read the
 * bundle's folder.
 *
 * @module
 */

import { init, parse } from "es-module-lexer";

const root = new URL("../../", import.meta.url);

/** A script with its dynamic imports hidden, and the specifiers of all that it imports. */
interface Rewritten {
  readonly script: string;
  readonly imports: readonly string[];
}

/**
 * Rewrites each `import("x")` of a script to `import(["x"][0])`, which is the same at run time. Throws an `Error` if an
 * import is of another form.
 */
export function hideDynamicImports(script: string): Rewritten {
  let rewritten = "";
  let end = 0;
  const imports: string[] = [];
  for (const found of parse(script)[0]) {
    if (found.type === "import-meta") continue;
    if (found.specifier === undefined || (found.type === "dynamic" && found.glob)) {
      throw new Error(`Cannot hide ${script.slice(found.importStart, found.importEnd)}`);
    }
    imports.push(found.specifier);
    if (found.type !== "dynamic") continue;
    rewritten += `${script.slice(end, found.start)}[${JSON.stringify(found.specifier)}][0]`;
    end = found.end;
  }
  return { script: rewritten + script.slice(end), imports };
}

/**
 * Bundles `main.ts` into a folder, as `main.js` and what it imports. Throws an `Error` if that fails, or if there is a script
 * that nobody imports, because then an import was missed.
 */
export async function bundle(folder: string): Promise<void> {
  await init();
  await Deno.remove(folder, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await splitIntoScripts(folder);
  const scripts = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const imported = new Set(["./main.js"]);
  for (const name of scripts) {
    const path = `${folder}/${name}`;
    const { script, imports } = hideDynamicImports(await Deno.readTextFile(path));
    await Deno.writeTextFile(path, script);
    for (const specifier of imports) imported.add(specifier);
  }
  const missed = scripts.filter((name) => !imported.has(`./${name}`));
  if (missed.length > 0) throw new Error(`Cannot bundle: nothing imports ${missed.join(", ")}`);
}

/** The bundle is one for browsers, since one for Deno loads `node:module` at every start: 20 ms and 8 MiB. */
async function splitIntoScripts(folder: string): Promise<void> {
  const options = ["--quiet", "--platform", "browser", "--external", "node:*", "--minify"];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", ...options, "--code-splitting", "--outdir", folder, "main.ts"],
    cwd: root,
  }).output();
  if (!success) throw new Error(`Cannot bundle: ${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) await bundle(Deno.args[0]);
