/**
 * Builds the bundle of the program: `deno task bundle`.
 *
 * `deno bundle` splits the program into scripts that import each other when they are needed, and Rollup joins those that are
 * needed together. Before anything runs, however, Deno reads and analyses every script that it finds in an
 * `import("./x.js")`, all commands and the HTTP API among them. So this rewrites those imports into a form that Deno follows
 * only when it gets there. It then needs permission to read the bundle's folder.
 *
 * @module
 */

import { init, parse } from "es-module-lexer";
import { basename } from "node:path";
import { type GetManualChunk, rollup } from "rollup";

const root = new URL("../../", import.meta.url);

/**
 * Rewrites each `import("x")` of a script to `import(["x"][0])`, which is the same at run time. Throws an `Error` if an
 * import is of another form.
 */
export function hideDynamicImports(script: string): string {
  let rewritten = "";
  let end = 0;
  for (const found of parse(script)[0]) {
    if (found.type !== "dynamic") continue;
    if (found.specifier === undefined || found.glob) {
      throw new Error(`Cannot hide ${script.slice(found.importStart, found.importEnd)}`);
    }
    rewritten += `${script.slice(end, found.start)}[${JSON.stringify(found.specifier)}][0]`;
    end = found.end;
  }
  return rewritten + script.slice(end);
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
  await Deno.mkdir(folder, { recursive: true });
  const split = await Deno.makeTempDir();
  try {
    await splitIntoScripts(split);
    await joinScripts(split, folder);
  } finally {
    await Deno.remove(split, { recursive: true });
  }
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

/** Joins scripts of a folder, because a process starts sooner with a few large ones than with many small ones. */
async function joinScripts(from: string, to: string): Promise<void> {
  const scripts = await rollup({
    input: `${from}/main.js`,
    external: /^node:/,
    treeshake: false,
    onLog(level, { code, message }) {
      const harmless = level !== "warn" || code === "UNUSED_EXTERNAL_IMPORT";
      if (!harmless) throw new Error(`Cannot bundle: ${message}`);
    },
  });
  const { output } = await scripts.generate({
    compact: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    hoistTransitiveImports: false,
    manualChunks: groups(),
    onlyExplicitManualChunks: true,
  });
  const missed = new Set([...Deno.readDirSync(from)].map(({ name }) => name));
  for (const joined of output) {
    if (joined.type !== "chunk") continue;
    for (const id of joined.moduleIds) missed.delete(basename(id));
    await Deno.writeTextFile(`${to}/${joined.fileName}`, hideDynamicImports(joined.code));
  }
  if (missed.size > 0) throw new Error(`Cannot bundle: nothing imports ${[...missed].join(", ")}`);
}

/** Commands that start with little: `serf version`, and the agent's help. */
const SMALL_COMMANDS = ["version", "agent"];
/** Commands that are more than a client of an agent. */
const LARGE_COMMANDS = ["agent", "doctor", "replay", "simulate"];

/** A script of fewer bytes is joined with others also for those who do not need it: to load one more takes longer. */
const SMALL_SCRIPT = 512;

/**
 * What is joined: the scripts without which nothing starts; what the agent's help needs; those that an agent and most of its
 * clients need; those that an agent and few clients need; and those that only the agent, or most clients and nobody else need.
 * The rest stays as it is: what only one or two clients need, the texts of `serf why`, scripts that are imported later, and
 * what only these import.
 */
function groups(): GetManualChunk {
  const clients = [...Deno.readDirSync(new URL("lib/cli/commands", root))]
    .map(({ name }) => name.replace(/\.ts$/, ""))
    .filter((name) => ![...SMALL_COMMANDS, ...LARGE_COMMANDS].includes(name));
  const simpleClients = clients.filter((name) => name !== "why");
  return (script, { getModuleInfo }) => {
    if (sourceOf(script) === "run_agent") return "agent";
    if (sourceOf(script) === "agent") return "agent_help";
    if (!basename(script).startsWith("chunk-")) return undefined;
    const needing = new Set([script]);
    for (const id of needing) {
      for (const importer of getModuleInfo(id)?.importers ?? []) needing.add(importer);
    }
    const sources = [...needing].map(sourceOf);
    const neededBy = (names: readonly string[]) => names.some((name) => sources.includes(name));
    const byClients = neededBy(clients);
    const isSmall = Deno.statSync(script).size < SMALL_SCRIPT && neededBy(simpleClients);
    const users = simpleClients.filter((name) => sources.includes(name)).length;
    const byMostClients = users > simpleClients.length / 2 || isSmall;
    if (neededBy(["main", "version"])) return "base";
    if (neededBy(SMALL_COMMANDS)) return byClients ? "base" : "agent_help";
    if (!neededBy(["run_agent"])) return byMostClients ? "commands" : undefined;
    if (byMostClients) return "shared";
    return byClients ? "shared_by_few" : "agent";
  };
}

/** The name of the source that has become a script such as `members-4DHOI227.js`. */
function sourceOf(script: string): string {
  return basename(script).replace(/(-[A-Z0-9]+)?\.js$/, "");
}

if (import.meta.main) await bundle(Deno.args[0]);
