/** `deno task serf:clients`: installs clients of other languages for the tests, into a cache folder; takes Python and npm. */

import {
  NODE_FOLDER,
  NODE_PACKAGES,
  python,
  PYTHON_FOLDER,
  PYTHON_PACKAGES,
} from "./foreign_clients.ts";

/** Runs one program after the other, as long as they succeed. */
async function install(language: string, ...steps: readonly string[][]): Promise<boolean> {
  try {
    for (const [program, ...args] of steps) {
      const { success } = await new Deno.Command(program, { args }).spawn().status;
      if (!success) throw new Error(`${program} failed`);
    }
    console.log(`Installed clients in ${language}`);
    return true;
  } catch (error) {
    console.log(`No clients in ${language}: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

const installed = await Promise.all([
  install(
    "Python",
    // Anew: one that another Python has made does not work with this one.
    ["python3", "-m", "venv", "--clear", PYTHON_FOLDER],
    [python, "-m", "pip", "install", "--quiet", "--retries=1", ...PYTHON_PACKAGES],
  ),
  install(
    "Node",
    ["npm", "install", "--silent", "--no-save", `--prefix=${NODE_FOLDER}`, ...NODE_PACKAGES],
  ),
]);
Deno.exit(installed.every((success) => success) ? 0 : 1);
