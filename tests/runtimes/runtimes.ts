/**
 * The runtimes that the library is for, apart from the Deno that runs the tests.
 *
 * @module
 */

import { CACHE_FOLDER } from "../support/serf_versions.ts";

/** What `deno task serf:runtimes` installs from npm: the oldest Node that the library is for, and a Bun. */
export const RUNTIME_PACKAGES = ["node@24", "bun@1.4"] as const;

/** Where it installs them. */
export const RUNTIME_FOLDER: string = `${CACHE_FOLDER}/runtimes`;

/** The first major version of Node that has what the library needs, such as `using`. */
const FIRST_NODE = 24;

/** A program that runs scripts. */
export interface Runtime {
  readonly name: "Deno" | "Node" | "Bun";
  readonly program: string;
  /** What runs the tests of a script. */
  readonly testArgs: readonly string[];
  /** Why it cannot run here; `undefined` where it can. */
  readonly missing: string | undefined;
}

/** Looks for all of them: what was installed, or else what is in the path. */
export function findRuntimes(): readonly Runtime[] {
  const node = find("node", (version) => Number(version.match(/^v(\d+)/)?.[1]) >= FIRST_NODE);
  const bun = find("bun", () => true);
  return [
    {
      name: "Deno",
      program: Deno.execPath(),
      testArgs: ["test", "--no-config", "--no-check", "--allow-all"],
      missing: undefined,
    },
    {
      name: "Node",
      program: node ?? "",
      testArgs: ["--test", "--test-reporter=spec"],
      missing: node === undefined ? `no Node ${FIRST_NODE}` : undefined,
    },
    {
      name: "Bun",
      program: bun ?? "",
      testArgs: ["test", "--timeout=120000"],
      missing: bun === undefined ? "no Bun" : undefined,
    },
  ];
}

function find(name: string, suits: (version: string) => boolean): string | undefined {
  return [`${RUNTIME_FOLDER}/node_modules/.bin/${name}`, name].find((program) => {
    try {
      const { success, stdout } = new Deno.Command(program, { args: ["--version"] }).outputSync();
      return success && suits(new TextDecoder().decode(stdout));
    } catch {
      return false;
    }
  });
}
