/**
 * The random numbers of simulations, repeatable from a seed.
 *
 * @module
 */

import { mixBits } from "../base/text.ts";

/**
 * The generator sfc32 ("small fast counter", by Chris Doty-Humphrey, of the PractRand test suite): 128 bits of state,
 * no known statistical weakness, a few integer operations per number.
 */
export class Random {
  readonly #seed: number;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Starts from any number; equal seeds give equal sequences. */
  constructor(seed: number) {
    this.#seed = mix(seed | 0, Math.floor(seed / 2 ** 32) | 0);
    this.#a = mix(this.#seed, 1);
    this.#b = mix(this.#seed, 2);
    this.#c = mix(this.#seed, 3);
    for (let i = 0; i < 12; i++) this.next();
  }

  /** A generator that goes on from a {@link state}. Its forks are those of the seed 0. */
  static restore(state: readonly number[]): Random {
    const random = new Random(0);
    random.state = state;
    return random;
  }

  /** What decides all further numbers: four words of 32 bits. */
  get state(): readonly number[] {
    return [this.#a, this.#b, this.#c, this.#counter];
  }

  set state(state: readonly number[]) {
    [this.#a, this.#b, this.#c, this.#counter] = state.map((word) => word | 0);
  }

  /** A uniform number in [0, 1), a multiple of 2^-32. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  /** A uniform number in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** A uniform integer in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** `true` with the given probability. Draws nothing for 0, so that a fault that is off changes no other draw. */
  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /**
   * An independent generator for one purpose. It depends on the seed and the purpose alone, not on what was drawn
   * before, so that one more draw in one place does not change what happens everywhere else.
   */
  fork(purpose: string | number): Random {
    const text = String(purpose);
    let hash = this.#seed;
    for (let i = 0; i < text.length; i++) hash = mix(hash, text.charCodeAt(i));
    return new Random(hash);
  }
}

/** Mixes two integers into one of 32 bits. */
function mix(a: number, b: number): number {
  return mixBits(Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ b) | 0;
}
