/**
 * Made-up datagrams, streams, RPC sessions and settings. Whatever arrives, nothing is thrown that is not documented, no
 * input takes long, and the state afterwards is sound.
 *
 * Every run uses another seed. A failure prints it; `FUZZ_SEED=… deno test …` repeats that. `deno task fuzz` tries more.
 *
 * @module
 */

import { fuzz, fuzzSeed } from "./fuzzer.ts";
import { fuzzers } from "./fuzzers.ts";

const INPUTS = 100_000;

const seed = fuzzSeed();

for (const fuzzer of fuzzers) {
  Deno.test(`${INPUTS} ${fuzzer.name} do no harm (seed ${seed})`, async () => {
    await fuzz(fuzzer, { inputs: INPUTS, seed });
  });
}
