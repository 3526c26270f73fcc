/** `deno task serf:newest`: builds the newest Serf for the tests, into a cache folder; takes Go, and a minute. */

import { NEWEST_FOLDER, NEWEST_SOURCE } from "./serf_versions.ts";

const { code } = await new Deno.Command("go", {
  args: ["install", NEWEST_SOURCE],
  env: { GOBIN: NEWEST_FOLDER },
}).spawn().status;
console.log(code === 0 ? `Built ${NEWEST_FOLDER}/serf` : "The newest Serf could not be built");
Deno.exit(code);
