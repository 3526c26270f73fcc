/**
 * The library as Node and Bun read it: scripts and their types, in the form of a package for npm.
 *
 * `deno pack` makes one of everything that JSR publishes. The agent and the command line in it are for Deno alone, so that
 * what the library does not import is left out, and so are the packages that only they need.
 *
 * @module
 */

import { join } from "node:path/posix";
import { init, parse } from "es-module-lexer";

const root = new URL("../../", import.meta.url);

/** `package.json`, as far as it is used. */
export interface Manifest {
  readonly exports: Readonly<Record<string, { readonly import: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** What is kept beside scripts and types. */
const KEPT_FILES = ["LICENSE", "README.md", "package.json"];

/** Makes the package in the folder `package` of a folder, and returns its `package.json`. */
export async function packLibrary(folder: string): Promise<Manifest> {
  await init();
  await unpack(folder);
  const content = await Deno.realPath(`${folder}/package`);
  const manifest: Manifest = JSON.parse(await Deno.readTextFile(`${content}/package.json`));
  const { "./cli": program, ...exports } = manifest.exports;
  const entries = Object.values(exports).map((entry) => entry.import);
  const { scripts, packages } = await reachedFrom(entries, content);
  const kept = new Set([...scripts, ...KEPT_FILES.map((name) => `${content}/${name}`)]);
  for (const path of filesBelow(content)) {
    if (!kept.has(path) && !path.endsWith(".d.ts")) await Deno.remove(path);
  }
  await Deno.remove(join(content, program.import.replace(/js$/, "d.ts")));
  const dependencies = Object.entries(manifest.dependencies)
    .filter(([name]) => packages.has(name));
  return { ...manifest, exports, dependencies: Object.fromEntries(dependencies) };
}

async function unpack(folder: string): Promise<void> {
  const tarball = `${folder}/library.tgz`;
  await run(Deno.execPath(), "pack", "--allow-dirty", "--no-source-maps", "--output", tarball);
  await run("tar", "-xzf", tarball, "-C", folder);
  await Deno.remove(tarball);
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const command = new Deno.Command(program, { args: [...args], cwd: root });
  const { success, stderr } = await command.output();
  if (success) return;
  throw new Error(`Cannot pack the library: ${new TextDecoder().decode(stderr).trim()}`);
}

/** The scripts that entry points import, directly or round about, themselves included, and the packages. */
async function reachedFrom(entries: readonly string[], content: string) {
  const scripts = new Set(entries.map((entry) => join(content, entry)));
  const packages = new Set<string>();
  for (const path of scripts) {
    for (const { specifier } of parse(await Deno.readTextFile(path))[0]) {
      const [name] = /^(@[^/]+\/)?[^/]+/.exec(specifier ?? "") ?? [];
      if (specifier?.startsWith(".")) scripts.add(join(path, "..", specifier));
      else if (name !== undefined) packages.add(name);
    }
  }
  return { scripts, packages };
}

function* filesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* filesBelow(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}
