/** `deno task serf:runtimes`: installs Node and Bun for the tests, into a cache folder; takes npm. */

import { RUNTIME_FOLDER, RUNTIME_PACKAGES } from "./runtimes.ts";

const { success } = await new Deno.Command("npm", {
  args: ["install", "--silent", "--no-save", `--prefix=${RUNTIME_FOLDER}`, ...RUNTIME_PACKAGES],
}).spawn().status;
Deno.exit(success ? 0 : 1);
