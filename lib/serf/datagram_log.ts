/**
 * Keeps the log readable when somebody sends nonsense: a datagram may cause one warning or error, and a host ten in a
 * second.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { LogLevel } from "../base/log.ts";
import { LOG_INTERVAL_MS, LOG_LINES, RateLimiter } from "../base/rate_limiter.ts";

/** Who writes a line: SWIM's layer or Serf's. */
export type Layer = "memberlist" | "serf";

/** Decides which log lines are written while a datagram is handled: one of each layer. */
export class DatagramLog {
  readonly #limiter = new RateLimiter(LOG_INTERVAL_MS, { times: LOG_LINES });
  /** Whose datagram is being handled, if one is. */
  #from: Address | undefined;
  #isCompound = false;
  /** The layers that have written their line about it. */
  readonly #spent = new Set<Layer>();

  /** A datagram of so many messages is about to be handled. */
  begin(from: Address, messageCount: number): void {
    this.#from = from;
    this.#isCompound = messageCount > 1;
    this.#spent.clear();
  }

  /** It has been handled. */
  end(): void {
    this.#from = undefined;
  }

  /** Whether a layer may write a line at the time `now`. Only warnings and errors are limited. */
  allows(layer: Layer, level: LogLevel, now: number): boolean {
    if (this.#from === undefined || (level !== "WARN" && level !== "ERR")) return true;
    if (this.#spent.has(layer)) return false;
    // A single message may cause two lines, of which the second says what could not be done about the first.
    if (this.#isCompound) this.#spent.add(layer);
    return this.#limiter.allows(`${layer} ${this.#from.host}`, now);
  }

  /** See {@link SerfCore.save}. Nothing is left of a datagram that has been handled. */
  save() {
    return { limiter: this.#limiter.save() };
  }

  load({ limiter }: ReturnType<DatagramLog["save"]>): void {
    this.#limiter.load(limiter);
  }
}
