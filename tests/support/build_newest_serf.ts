/** `deno task serf:newest`: builds newer versions of Serf for the tests, into a cache folder; takes Go, and two minutes. */

import { BUILDS } from "./serf_versions.ts";

let failed = false;
for (const { version, folder } of BUILDS) {
  const { success } = await new Deno.Command("go", {
    args: ["install", `github.com/hashicorp/serf/cmd/serf@v${version}`],
    env: { GOBIN: folder },
  }).spawn().status;
  console.log(success ? `Built ${folder}/serf` : `Serf ${version} could not be built`);
  failed ||= !success;
}
Deno.exit(failed ? 1 : 0);
