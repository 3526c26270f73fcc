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
import { importsOf, joinScripts, type Scripts } from "./join_scripts.ts";

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
  await Deno.mkdir(folder, { recursive: true });
  const split = await splitIntoScripts();
  const scripts = joinScripts(split, groupsOf(split));
  const imported = new Set(["./main.js"]);
  for (const [name, joined] of scripts) {
    const { script, imports } = hideDynamicImports(joined);
    await Deno.writeTextFile(`${folder}/${name}`, script);
    for (const specifier of imports) imported.add(specifier);
  }
  const missed = [...scripts.keys()].filter((name) => !imported.has(`./${name}`));
  if (missed.length > 0) throw new Error(`Cannot bundle: nothing imports ${missed.join(", ")}`);
}

/** Commands that start with little: `serf version`, and the agent's help. */
const SMALL_COMMANDS = ["version", "agent"];
/** Commands that are more than a client of an agent. */
const LARGE_COMMANDS = ["agent", "doctor", "replay", "simulate"];

/**
 * What is joined: the scripts without which nothing starts, those that an agent and its clients need, and those that only the
 * agent, or only clients need. What only a small command and the agent need stays as it is, and so do scripts that are
 * imported later, and what only these import.
 */
function groupsOf(scripts: Scripts): Map<string, string[]> {
  const clients = [...Deno.readDirSync(new URL("lib/cli/commands", root))]
    .map(({ name }) => name.replace(/\.ts$/, ""))
    .filter((name) => ![...SMALL_COMMANDS, ...LARGE_COMMANDS].includes(name));
  const [byAll, bySmall, byAgent, byClients] = [["main"], SMALL_COMMANDS, ["run_agent"], clients]
    .map((sources) => withImports(sources, scripts));
  const groupOf = (name: string) => {
    if (byAll.has(name) || (bySmall.has(name) && byClients.has(name))) return "base.js";
    if (bySmall.has(name)) return undefined;
    if (byAgent.has(name)) return byClients.has(name) ? "shared.js" : "agent.js";
    return byClients.has(name) ? "commands.js" : undefined;
  };
  const groups = new Map<string, string[]>();
  for (const name of scripts.keys()) {
    const group = name.startsWith("chunk-") ? groupOf(name) : undefined;
    if (group !== undefined) groups.set(group, [...groups.get(group) ?? [], name]);
  }
  return groups;
}

/** The scripts that some sources have become, as `members-4DHOI227.js`, and all that these import. */
function withImports(sources: readonly string[], scripts: Scripts): Set<string> {
  const needed = new Set(
    [...scripts.keys()].filter((name) => sources.includes(name.replace(/(-[A-Z0-9]+)?\.js$/, ""))),
  );
  for (const name of needed) {
    for (const from of importsOf(scripts.get(name) ?? "")) needed.add(from);
  }
  return needed;
}

/** The bundle is one for browsers, since one for Deno loads `node:module` at every start: 20 ms and 8 MiB. */
async function splitIntoScripts(): Promise<Scripts> {
  const folder = await Deno.makeTempDir();
  try {
    const options = ["--quiet", "--platform", "browser", "--external", "node:*", "--minify"];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", ...options, "--code-splitting", "--outdir", folder, "main.ts"],
      cwd: root,
    }).output();
    if (!success) throw new Error(`Cannot bundle: ${new TextDecoder().decode(stderr)}`);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    return new Map(names.map((name) => [name, Deno.readTextFileSync(`${folder}/${name}`)]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await bundle(Deno.args[0]);
