/**
 * Trying many inputs, and repeating those that fail.
 *
 * @module
 */

import { Random } from "../../lib/sim/random.ts";
import { cpuTimeMs } from "../support/cpu_time.ts";

/** Something that gets inputs. It is set up anew for every epoch. */
export interface Target {
  /** Makes up an input, or draws it from recorded ones, and tries it. Throws if anything is wrong. */
  attempt(): void | Promise<void>;
  /** The last input, for people. */
  readonly input: string;
  /** How long the program took of the last attempt, without the checks, milliseconds. */
  readonly tookMs: number;
  /** Throws if the state after many inputs is wrong. */
  check?(): void;
}

/** A kind of input. */
export interface Fuzzer {
  readonly name: string;
  /** Sets up a target, of which everything follows from the random numbers. */
  create(random: Random): Target;
  /** How long an input may take, milliseconds. */
  readonly limitMs: number;
}

/** How many inputs to try, and how they begin. */
export interface FuzzOptions {
  readonly inputs: number;
  /** A failure names the seed of its epoch. */
  readonly seed: number;
  /** Called after each epoch with the number of inputs so far. */
  readonly onProgress?: (inputs: number) => void;
}

/** The inputs between two fresh targets. Few enough that a failure is soon repeated. */
const EPOCH = 2_000;
/** Between two checks of the state. */
const CHECK_EVERY = 500;
/**
 * Processor time is only taken of so many inputs together, because that takes longer than many an input. An input is slow if
 * both it and the processor time of its batch are.
 */
const BATCH = 16;
/**
 * Collecting garbage, compiling, or sharing a core can make an input seem slow. If it is so each time that its epoch is
 * repeated, it is.
 */
const REPETITIONS = 20;

/** Runs an action, and returns how long that took, milliseconds. */
export function timeOf(action: () => void): number {
  const begun = performance.now();
  action();
  return performance.now() - begun;
}

/** The seed of a run: `FUZZ_SEED`, or another one each time. */
export function fuzzSeed(): number {
  return Number(Deno.env.get("FUZZ_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
}

/** Tries so many inputs. Throws an `Error` that tells the input, and how to repeat it. */
export async function fuzz(fuzzer: Fuzzer, options: FuzzOptions): Promise<void> {
  for (let tried = 0, epoch = 0; tried < options.inputs; tried += EPOCH, epoch++) {
    const seed = (options.seed + epoch) >>> 0;
    const inputs = Math.min(EPOCH, options.inputs - tried);
    let slow = await tryEpoch(fuzzer, { seed, inputs });
    for (let again = 0; again < REPETITIONS && slow.size > 0; again++) {
      const slowAgain = await tryEpoch(fuzzer, { seed, inputs: Math.max(...slow.keys()) + 1 });
      slow = new Map([...slow].filter(([number]) => slowAgain.has(number)));
    }
    for (const [number, input] of slow) {
      throw failure(fuzzer, { seed, number, input }, `takes more than ${fuzzer.limitMs} ms`);
    }
    options.onProgress?.(tried + inputs);
  }
}

/** Tries the inputs of one epoch. Returns those that took too long, by their number. */
async function tryEpoch(
  fuzzer: Fuzzer,
  { seed, inputs }: { readonly seed: number; readonly inputs: number },
): Promise<Map<number, string>> {
  const target = fuzzer.create(new Random(seed));
  const slow = new Map<number, string>();
  const slowOfBatch = new Map<number, string>();
  let batchBegun = cpuTimeMs();
  for (let number = 0; number < inputs; number++) {
    try {
      const ending = target.attempt();
      if (ending !== undefined) await ending;
      if (target.tookMs > fuzzer.limitMs) slowOfBatch.set(number, target.input);
      if (number % BATCH === BATCH - 1 || number === inputs - 1) {
        const now = cpuTimeMs();
        if (now - batchBegun > fuzzer.limitMs) {
          for (const [number, input] of slowOfBatch) slow.set(number, input);
        }
        slowOfBatch.clear();
        batchBegun = now;
      }
      if (number % CHECK_EVERY === 0) target.check?.();
    } catch (cause) {
      throw failure(fuzzer, { seed, number, input: target.input }, "fails", cause);
    }
  }
  return slow;
}

function failure(
  { name }: Fuzzer,
  { seed, number, input }: {
    readonly seed: number;
    readonly number: number;
    readonly input: string;
  },
  problem: string,
  cause?: unknown,
): Error {
  return new Error(`${name} number ${number} with FUZZ_SEED=${seed} ${problem}: ${input}`, {
    cause,
  });
}
