/**
 * The queries that one client has been told of and may answer.
 *
 * @module
 */

import type { QueryEvent } from "../../api/event.ts";

/** How many queries are kept; a cluster that asks more within one timeout loses the oldest. */
const MAX_PENDING = 4096;

/** Numbers queries from 1 upward and finds them again until their deadline. */
export class PendingQueries {
  readonly #queries = new Map<number, QueryEvent>();
  #lastId = 0;

  /** Remembers a query and returns its number. */
  add(query: QueryEvent): number {
    this.#forgetOldest();
    this.#queries.set(++this.#lastId, query);
    return this.#lastId;
  }

  /** The query of that number; `undefined` if there is none or its time is over. */
  find(id: number): QueryEvent | undefined {
    const query = this.#queries.get(id);
    return query === undefined || isOver(query) ? undefined : query;
  }

  /** Forgets queries from the oldest on as long as they are over, and one more if there are too many. */
  #forgetOldest(): void {
    for (const [id, query] of this.#queries) {
      if (!isOver(query) && this.#queries.size < MAX_PENDING) return;
      this.#queries.delete(id);
    }
  }
}

function isOver({ deadline = Infinity }: QueryEvent): boolean {
  return performance.now() > deadline;
}
