/**
 * A deadline for every answer of an agent: an agent that has been stopped still takes connections and requests, and
 * would be waited for without end.
 *
 * @module
 */

import { RpcError, TimeoutError } from "../../base/errors.ts";
import { limit } from "../../base/timer.ts";
import type { Command } from "../commands.ts";

/** How long answers are waited for, unless something else is asked for. */
const DEFAULT_LIMIT_MS = 10_000;

/** Commands that take as long as other members do, or as the agent is set to wait for them. */
const UNLIMITED: ReadonlySet<Command> = new Set<Command>([
  ...["join", "leave", "force-leave", "tags"] as const,
  ...["install-key", "use-key", "remove-key", "list-keys"] as const,
]);

interface Waiting {
  readonly command: Command;
  readonly sentAt: number;
  readonly limitMs: number;
  readonly fail: (error: Error) => void;
  failed: boolean;
}

/**
 * Times answers. An agent carries requests out in order: the time of each begins when those before it have been
 * answered. All of them share one timer.
 */
export class AnswerDeadline {
  readonly #limitMs: number | undefined;
  readonly #waiting = new Map<bigint, Waiting>();
  #answeredAt = -Infinity;
  #timerIsSet = false;

  /** The limit is for every command; without one there is a default for those that take no longer. */
  constructor(limitMs?: number) {
    this.#limitMs = limitMs;
  }

  /** Expects the answer to a request that is being sent; calls `fail` if there is none in time. */
  expect(seq: bigint, command: Command, fail: (error: Error) => void): void {
    const limitMs = this.#limitMs ?? (UNLIMITED.has(command) ? Infinity : DEFAULT_LIMIT_MS);
    const sentAt = performance.now();
    this.#waiting.set(seq, { command, sentAt, limitMs, fail, failed: false });
    if (!this.#timerIsSet && limitMs < Infinity) this.#setTimer(limitMs);
  }

  /** Takes note of an answer, late or not. */
  answered(seq: bigint): void {
    this.#waiting.delete(seq);
    this.#answeredAt = performance.now();
  }

  #setTimer(ms: number): void {
    this.#timerIsSet = true;
    limit(ms, () => this.#check());
  }

  #check(): void {
    this.#timerIsSet = false;
    const now = performance.now();
    for (const waiting of this.#waiting.values()) {
      const { command, sentAt, limitMs, fail, failed } = waiting;
      if (failed) continue;
      const leftMs = Math.max(sentAt, this.#answeredAt) + limitMs - now;
      if (leftMs > 0) {
        // With Infinity, the rest waits behind it until it is answered.
        this.#setTimer(Math.min(leftMs, this.#limitMs ?? DEFAULT_LIMIT_MS));
        return;
      }
      waiting.failed = true;
      const reason = `no answer within ${limitMs / 1000} s`;
      fail(new RpcError(command, reason, { cause: new TimeoutError(reason) }));
    }
  }
}
