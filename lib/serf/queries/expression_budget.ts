/**
 * How much time the expressions of others' queries may take: a token bucket in microseconds of estimated work.
 *
 * @module
 */

/**
 * What the expressions of one query may cost. It is enough for `a{1,1000}`, and for an alternation of hundreds of names
 * that fills a packet.
 */
export const MAX_EXPRESSIONS_COST = 4_000;

/** What may be spent in each millisecond in the long run: 2 % of the time, 800 queries a second like `^web$`. */
const COST_PER_MS = 20;

/** Lets queries spend on expressions, as much as one query may at once, and little in the long run. */
export class ExpressionBudget {
  #left = MAX_EXPRESSIONS_COST;
  #filledAt = 0;

  /** Whether there is enough left at the time `now`, in milliseconds; if so, it is spent. */
  spend(cost: number, now: number): boolean {
    const earned = COST_PER_MS * Math.max(0, now - this.#filledAt);
    this.#left = Math.min(MAX_EXPRESSIONS_COST, this.#left + earned);
    this.#filledAt = now;
    if (cost > this.#left) return false;
    this.#left -= cost;
    return true;
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { left: this.#left, filledAt: this.#filledAt };
  }

  load({ left, filledAt }: ReturnType<ExpressionBudget["save"]>): void {
    this.#left = left;
    this.#filledAt = filledAt;
  }
}
