/**
 * The forms in which our program is run: its sources, the bundle of `deno task bundle`, and an executable.
 *
 * The bundle is built once for the tests of a file, in a directory that is gone with them, which takes a few seconds.
 * The executable is the one that `SERF_BINARY` names, because to compile one Deno may have to download its runtime.
 *
 * @module
 */

import { TemporaryDirectory } from "./temporary_directory.ts";

/** One form of our program. */
export type OurBuild = "ours" | "our bundle" | "our executable";

/** The executable; empty if there is none. */
export const executable: string = Deno.env.get("SERF_BINARY") ?? "";

const root = new URL("../../", import.meta.url);

/** Names the folder of a bundle, for processes that cannot fetch what builds one because they have no network. */
const BUNDLE_FOLDER = "SERF_BUNDLE_FOLDER";

let directory: TemporaryDirectory | undefined;

/** The folder of the bundle. */
export function bundleFolder(): string {
  return Deno.env.get(BUNDLE_FOLDER) ?? (directory ??= buildBundle()).path;
}

/** The environment in which a test process takes the bundle from here. */
export function bundleEnvironment(): Record<string, string> {
  return { [BUNDLE_FOLDER]: bundleFolder() };
}

/** The path of the bundle's main script. */
export function bundleMain(): string {
  return `${bundleFolder()}/main.js`;
}

/**
 * Registers a test for each form of our program that can be run here. Where something else is missing the tests are
 * skipped and their names say why.
 */
export function eachBuildTest(
  name: string,
  fn: (ours: OurBuild) => Promise<void>,
  { missing }: { readonly missing?: string } = {},
): void {
  const builds: OurBuild[] = ["ours", "our bundle"];
  if (executable !== "") builds.push("our executable");
  for (const build of builds) {
    const reason = missing === undefined ? "" : `, skipped: ${missing}`;
    Deno.test({
      name: `${name} (${build}${reason})`,
      ignore: missing !== undefined,
      fn: () => fn(build),
    });
  }
}

/** Runs the task with its output in a temporary directory. */
function buildBundle(): TemporaryDirectory {
  const built = new TemporaryDirectory();
  globalThis.addEventListener("unload", () => built[Symbol.dispose]());
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  const command = tasks.bundle.command.replaceAll("dist/bundle", built.path);
  const { success, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "--eval", command],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).outputSync();
  if (!success) throw new Error(`Cannot bundle: ${new TextDecoder().decode(stderr)}`);
  return built;
}
