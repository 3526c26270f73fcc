/**
 * `deno task bench:papers`: the experiments of the SWIM and Lifeguard papers in the simulator, with what was published beside
 * what was measured, as tables in Markdown.
 *
 *     deno task bench:papers --quick     small clusters and few of them: under a minute
 *     deno task bench:papers --full      all combinations of the Lifeguard paper: many hours
 *     deno task bench:papers --seed 7    another run
 */

import { parseArgs } from "@std/cli/parse-args";
import { falsePositiveTables, latencyTable } from "./papers/lifeguard_tables.ts";
import { detectionTable, joinTable } from "./papers/swim_tables.ts";
import { refuseUnknown } from "./selection.ts";

const { quick, full, seed: seedText } = parseArgs(Deno.args, {
  boolean: ["quick", "full"],
  string: ["seed"],
  default: { seed: "1" },
  unknown: refuseUnknown,
});
const seed = Number(seedText);
if (!Number.isSafeInteger(seed)) {
  throw new RangeError(`Cannot use --seed: got "${seedText}", expected an integer`);
}
const size = quick ? "quick" : full ? "full" : "usual";
console.log(`Seeds from ${seed} on.`);
for (const table of [detectionTable, joinTable, latencyTable, falsePositiveTables]) {
  console.log(`\n${table({ seed, size })}`);
}
