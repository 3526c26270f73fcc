/**
 * `deno task fuzz`: many made-up inputs to everything that reaches an agent from outside.
 *
 *     deno task fuzz --inputs 10000000                 so many of each kind, one kind after the other
 *     deno task fuzz --only packets,streams            some kinds: packets, streams, sessions, settings
 *     FUZZ_SEED=7 deno task fuzz --only packets        from this seed on; a failure prints it
 */

import { parseArgs } from "@std/cli/parse-args";
import { chosen } from "../bench/selection.ts";
import { fuzz, fuzzSeed } from "./fuzzer.ts";
import { fuzzers } from "./fuzzers.ts";

const PROGRESS_MS = 30_000;
/** The heap is compared between so many parts of a run, without its garbage. */
const PARTS = 10;
const ALLOWED_GROWTH = 1.5;

const options = parseArgs(Deno.args, {
  string: ["inputs", "only"],
  unknown: (arg) => {
    throw new TypeError(`Cannot use argument: got "${arg}"`);
  },
});
const inputs = Number(options.inputs ?? 1_000_000);
if (!(inputs > 0)) {
  throw new RangeError(`Cannot use --inputs: got "${options.inputs}", expected a number above 0`);
}

const seed = fuzzSeed();
console.log(`FUZZ_SEED=${seed}`);
for (const fuzzer of chosen(fuzzers, options.only)) {
  const begun = performance.now();
  const rate = (tried: number) => (1_000 * tried / (performance.now() - begun)).toFixed(0);
  let shownAt = begun;
  let part = 1;
  let first: number | undefined;
  await fuzz(fuzzer, {
    inputs,
    seed,
    onProgress: (tried) => {
      if (tried >= part * inputs / PARTS) {
        part++;
        const heap = heapWithoutGarbage();
        first ??= heap;
        if (heap > first * ALLOWED_GROWTH) {
          throw new Error(`${fuzzer.name}: the heap has grown from ${first} to ${heap} bytes`);
        }
      }
      if (performance.now() - shownAt < PROGRESS_MS) return;
      shownAt = performance.now();
      console.log(`${fuzzer.name}: ${tried} inputs, ${rate(tried)} a second`);
    },
  });
  console.log(`${fuzzer.name}: ${inputs} inputs, ${rate(inputs)} a second, no failure`);
}

/** Bytes. */
function heapWithoutGarbage(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("Cannot fuzz: expected V8's flag --expose-gc");
  gc();
  return Deno.memoryUsage().heapUsed;
}
