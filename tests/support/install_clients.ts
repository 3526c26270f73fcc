/** `deno task serf:clients`: installs clients of other languages for the tests, into a cache folder; takes Python. */

import { python, PYTHON_FOLDER, PYTHON_PACKAGES } from "./python_clients.ts";

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(program, { args: [...args] }).spawn().status;
  if (success) return;
  console.log("The clients could not be installed");
  Deno.exit(1);
}

await run("python3", "-m", "venv", PYTHON_FOLDER);
await run(python, "-m", "pip", "install", "--quiet", "--retries=1", ...PYTHON_PACKAGES);
console.log(`Installed ${PYTHON_PACKAGES.join(", ")} in ${PYTHON_FOLDER}`);
