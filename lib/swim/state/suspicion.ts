/**
 * The time that a suspect has to refute (SWIM, section 4.2; memberlist's `suspicion`).
 *
 * @module
 */

import { type SuspicionRange, suspicionTimeout } from "../formulas.ts";

/** A running suspicion as others see it. */
export interface SuspicionInfo {
  /** The suspect. */
  readonly node: string;
  /** The members that suspect it, as far as they were counted; the first one comes first. */
  readonly suspectedBy: readonly string[];
  /** How long it has lasted, and how long until the node counts as failed, milliseconds. */
  readonly ageMs: number;
  readonly leftMs: number;
}

/**
 * A running suspicion. It starts with the longest timeout; every member that confirms it independently brings the
 * timeout nearer to the shortest (Lifeguard, "LHA-Suspicion").
 */
export class Suspicion {
  #token: number;
  #startedAt: number;
  readonly #range: SuspicionRange;
  /** The members that suspect the node. The first one is among them, since its message comes back to us as gossip. */
  readonly #suspectedBy: Set<string>;

  /** `from` is the member that suspected first. */
  constructor(from: string, options: SuspicionRange & { token: number; now: number }) {
    this.#token = options.token;
    this.#startedAt = options.now;
    this.#range = options;
    this.#suspectedBy = new Set([from]);
  }

  /** Tells the timers of this suspicion from those that have been replaced, and from those of an earlier one. */
  get token(): number {
    return this.#token;
  }

  /** What it is at a time of the world. */
  info(node: string, now: number): SuspicionInfo {
    const leftMs = Math.max(0, this.endsAt - now);
    return { node, suspectedBy: [...this.#suspectedBy], ageMs: now - this.#startedAt, leftMs };
  }

  /** How many members have confirmed it. */
  get confirmations(): number {
    return this.#suspectedBy.size - 1;
  }

  /** Whether all expected confirmations have come. */
  get isConfirmed(): boolean {
    return this.confirmations >= this.#range.expected;
  }

  /** When it ends, in the world's milliseconds. */
  get endsAt(): number {
    const { expected, minMs } = this.#range;
    const timeout = expected < 1 ? minMs : suspicionTimeout(this.confirmations, this.#range);
    return this.#startedAt + timeout;
  }

  /** How often the suspect is notified, milliseconds: twice before the earliest end, in case one datagram is lost. */
  get notifyIntervalMs(): number {
    return this.#range.minMs / 2;
  }

  /** Lets it end `ms` later. Its timers must be set anew, with the new token. */
  postpone(ms: number, token: number): void {
    this.#startedAt += ms;
    this.#token = token;
  }

  /** Counts a confirmation; `false` if this member has been counted, or enough others. */
  confirm(from: string): boolean {
    if (this.isConfirmed || this.#suspectedBy.has(from)) return false;
    this.#suspectedBy.add(from);
    return true;
  }

  /** See {@link SerfCore.save}. */
  save() {
    const { expected, minMs, maxMs } = this.#range;
    return {
      token: this.#token,
      startedAt: this.#startedAt,
      range: { expected, minMs, maxMs },
      suspectedBy: this.#suspectedBy,
    };
  }

  /** The suspicion that was saved. */
  static restore(saved: ReturnType<Suspicion["save"]>): Suspicion {
    const { token, startedAt: now, range, suspectedBy } = saved;
    const [first, ...others] = suspectedBy;
    const suspicion = new Suspicion(first, { ...range, token, now });
    for (const other of others) suspicion.#suspectedBy.add(other);
    return suspicion;
  }
}
