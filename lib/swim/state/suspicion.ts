/**
 * The time a suspect node has to refute.
 *
 * @module
 */

import { type SuspicionRange, suspicionTimeout } from "../formulas.ts";

/**
 * A running suspicion: it starts with the longest timeout, and every member that independently confirms it brings
 * that nearer to the shortest (Lifeguard, "LHA-Suspicion").
 */
export class Suspicion {
  #token: number;
  #startedAt: number;
  readonly #range: SuspicionRange;
  /** Who has been counted. The first accuser is among them: its accusation comes back to us as gossip. */
  readonly #accusers: Set<string>;

  constructor(accuser: string, options: SuspicionRange & { token: number; now: number }) {
    this.#token = options.token;
    this.#startedAt = options.now;
    this.#range = options;
    this.#accusers = new Set([accuser]);
  }

  /** Tells its timers from those that are pointless by now, and those of another suspicion of the same node. */
  get token(): number {
    return this.#token;
  }

  /** How many members have confirmed it. */
  get confirmations(): number {
    return this.#accusers.size - 1;
  }

  /** Whether as many members have confirmed it as were expected to. */
  get isConfirmed(): boolean {
    return this.confirmations >= this.#range.expected;
  }

  /** When it ends, in the world's milliseconds. */
  get endsAt(): number {
    const { expected, minMs } = this.#range;
    const timeout = expected < 1 ? minMs : suspicionTimeout(this.confirmations, this.#range);
    return this.#startedAt + timeout;
  }

  /** How often the accused is heard, milliseconds: twice before the earliest end. */
  get notifyIntervalMs(): number {
    return this.#range.minMs / 2;
  }

  /** Lets it end so many milliseconds later. Its timers are pointless then; those to come have a new token. */
  postpone(ms: number, token: number): void {
    this.#startedAt += ms;
    this.#token = token;
  }

  /** Counts a confirmation; `false` if that is no news, or enough have been counted. */
  confirm(from: string): boolean {
    if (this.isConfirmed || this.#accusers.has(from)) return false;
    this.#accusers.add(from);
    return true;
  }
}
